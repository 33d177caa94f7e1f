import numpy as np
import pytest

from engine.smooth.flow import REDUCED, Middle, PairFlow, find_flow
from engine.smooth.passage import passage, sights
from tests.present import present

HEIGHT, WIDTH = 96, 128


def sliding(pixels, frame):
    """What a flow model says that knows that all goes right by so many pixels."""
    half = np.zeros((*frame.shape[:2], 2), np.float32)
    half[..., 0] = pixels / 2
    return Middle(to_a=-half, to_b=half, share=np.full(frame.shape[:2], 0.5, np.float32))


def test_the_search_starts_from_what_the_model_said():
    """A fence looks the same one post further: only who knows better sees how far it went."""
    columns = np.arange(256)
    posts = (128 + 90 * np.sin(columns * 2 * np.pi / 16))[None, :, None]
    fence = np.broadcast_to(posts, (128, 256, 3))
    a, b = fence.astype(np.uint8), np.roll(fence, 20, axis=1).astype(np.uint8)
    alone, told = find_flow(a, b), find_flow(a, b, sliding(20, a))
    assert np.median(alone.there[..., 0]) * REDUCED < 10
    assert np.median(told.there[..., 0]) * REDUCED == pytest.approx(20, abs=1)
    assert np.median(told.back[..., 0]) * REDUCED == pytest.approx(-20, abs=1)


def zoomed(growth):
    """The flow model's view of a picture that grows about its corner."""
    rows, columns = np.mgrid[:24, :32].astype(np.float32)
    halfway = np.dstack([columns, rows])
    start = halfway / (1 + growth / 2)
    return Middle(
        to_a=start - halfway, to_b=start * (1 + growth) - halfway, share=np.full((24, 32), 0.5, np.float32)
    )


@pytest.mark.parametrize("time", [0.25, 0.5, 0.8])
def test_what_the_model_knows_of_the_middle_is_moved_to_any_time(time):
    growth = 0.3
    still = np.zeros((24, 32, 2), np.float32)
    seen = sights(
        passage(PairFlow(there=still, back=still, middle=zoomed(growth)), None, None), time, HEIGHT, WIDTH
    )
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    places = np.dstack([columns, rows])
    # Pixel centres of the reduced fields lie between those of the frame.
    corner = REDUCED / 2 - 0.5
    start = (places - corner) / (1 + time * growth)
    inside = (slice(8, -32), slice(8, -32))
    model = present(seen.model)
    assert np.abs(model.in_a - start - corner)[inside].max() < 0.6
    assert np.abs(model.in_b - start * (1 + growth) - corner)[inside].max() < 0.6
    assert seen.share[inside] == pytest.approx(1 - time, abs=1e-4)
