import os
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.smoothing import psnr
from engine.runtime.context import EngineContext
from engine.smooth import smooth
from engine.smooth.rife import FILE, NAME, Rife, find_model, weight_shapes
from engine.weights.store import Store
from tests.engine.smooth.moving_scenes import pan, zoom

WEIGHTS = Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))).path(NAME) / FILE


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def weights():
    """Small random weights, so that the flow they tell is small too."""
    generator = torch.Generator().manual_seed(5)
    return {name: 0.02 * torch.randn(shape, generator=generator) for name, shape in weight_shapes().items()}


def test_the_network_is_the_one_whose_weights_are_published():
    shapes = weight_shapes()
    assert len(shapes) == 158
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 5_664_776
    assert shapes["block0.conv0.0.0.weight"] == (96, 15, 3, 3)
    assert shapes["block4.lastconv.0.weight"] == (32, 52, 4, 4)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (45, 70)])
def test_any_size_gives_fields_of_that_size(weights, height, width):
    a, b = pan(2, height, width)
    (told,) = Rife(weights).predict([a, b], [(0, 1)])
    assert told.to_a.shape == told.to_b.shape == (height, width, 2)
    assert told.share.shape == (height, width)
    assert told.to_a.dtype == told.share.dtype == np.float32
    assert ((told.share > 0) & (told.share < 1)).all()


def test_what_the_padding_holds_does_not_matter_to_the_order_of_calls(weights):
    rife, frames = Rife(weights), pan(3, 64, 64)
    (first,) = rife.predict(frames[:2], [(0, 1)])
    rife.predict(frames[1:], [(0, 1)])
    (again,) = rife.predict(frames[:2], [(0, 1)])
    assert (again.to_a == first.to_a).all()


def test_pairs_that_are_seen_at_once_are_seen_as_they_are_alone(weights):
    rife, frames = Rife(weights), pan(4, 64, 96)
    pairs = [(0, 1), (1, 2), (3, 0)]
    alone = [rife.predict([frames[a], frames[b]], [(0, 1)])[0] for a, b in pairs]
    for told, one in zip(rife.predict(list(frames), pairs), alone, strict=True):
        assert np.abs(told.to_a - one.to_a).max() < 1e-4
        assert np.abs(told.to_b - one.to_b).max() < 1e-4
        assert np.abs(told.share - one.share).max() < 1e-5


def test_a_clip_does_not_show_how_many_pairs_were_seen_at_once(weights, monkeypatch):
    frames, made = zoom(4), []
    for at_once in (1, 3):
        monkeypatch.setattr(Rife, "batch", lambda *_, at_once=at_once: at_once)
        made.append(smooth(frames, 2, flow=Rife(weights)))
    assert all(np.abs(one.astype(int) - made[0]).max() <= 1 for one in made)


def test_how_many_are_seen_at_once_hangs_on_the_device_and_the_size(weights, monkeypatch):
    rife = Rife(weights)
    assert rife.batch(288, 512) == 1, "a CPU is busy with one"
    monkeypatch.setattr(rife, "_device", torch.device("cuda"))
    assert [rife.batch(*size) for size in ((288, 512), (576, 1024), (2160, 3840))] == [8, 6, 1]


def test_smoothing_with_random_weights_is_no_worse_than_the_plain_flow_by_much(weights):
    truth = zoom(5)
    made = smooth(truth[::2], 2, flow=Rife(weights))
    assert (made[::2] == truth[::2]).all()
    assert np.mean([psnr(made[t], truth[t]) for t in (1, 3)]) > 30


def test_names_with_the_prefix_of_training_on_many_cards_are_known(weights, tmp_path):
    torch.save({f"module.{name}": weight for name, weight in weights.items()}, tmp_path / FILE)
    (told,) = Rife.load(tmp_path / FILE).predict(pan(2, 64, 64), [(0, 1)])
    assert told.to_a.shape == (64, 64, 2)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"block0": Evil()}, tmp_path / FILE)
    with pytest.raises(Exception, match="Weights only"):
        Rife.load(tmp_path / FILE)
    assert not (tmp_path / "ran").exists()


def test_other_weights_are_refused_by_name(weights):
    with pytest.raises(ValueError, match=r"encode.cnn0.weight is missing"):
        Rife({name: weight for name, weight in weights.items() if name != "encode.cnn0.weight"})
    with pytest.raises(ValueError, match=r"encode.cnn3.bias is \[3\] and not \[4\]"):
        Rife(weights | {"encode.cnn3.bias": torch.zeros(3)})


def test_it_is_used_where_there_is_a_gpu_or_the_owner_chose_it(weights, tmp_path):
    context = EngineContext(store=Store(tmp_path), rife_on_cpu=True)
    assert find_model(context) is None, "there are no weights"
    context.store.path(NAME).mkdir()
    torch.save(weights, context.store.path(NAME) / FILE)
    assert find_model(EngineContext(store=Store(tmp_path))) is None
    assert context.model_cache.names() == ()
    found = find_model(context)
    assert found is not None
    assert find_model(context) is found, "loaded once"
    assert context.model_cache.size == sum(weight.nbytes for weight in weights.values())


@pytest.mark.parametrize("damage", [b"", b"no pickle", "cut", ["a list"], {"another": "network"}])
def test_a_file_that_is_damaged_or_something_else_is_refused_as_one(weights, tmp_path, damage):
    file = tmp_path / FILE
    torch.save(weights if damage == "cut" else damage, file)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-5000])
    elif isinstance(damage, bytes):
        file.write_bytes(damage)
    with pytest.raises(ValueError, match=r"cannot be read|no RIFE"):
        Rife.load(file)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="RIFE's weights are not here")
def test_the_published_weights_see_the_motion():
    a, b = pan(2, 128, 192, step=8)
    (told,) = Rife.load(WEIGHTS).predict([a, b], [(0, 1)])
    inside = slice(24, -24)
    assert np.median(told.to_a[inside, inside, 0]) == pytest.approx(4, abs=0.3)
    assert np.median(told.to_b[inside, inside, 0]) == pytest.approx(-4, abs=0.3)
