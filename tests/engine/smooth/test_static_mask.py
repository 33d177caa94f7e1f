import cv2
import numpy as np

from engine.smooth.static_mask import static_mask
from tests.engine.smooth.moving_scenes import pan


def test_letters_over_a_moving_ground_are_held_and_the_ground_is_not():
    frames = pan(4, step=5)
    for frame in frames:
        cv2.putText(frame, "CAPTION x", (10, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    letters = (frames >= 250).all(axis=(0, 3))
    found = static_mask(list(frames))
    assert found is not None
    assert np.percentile(found[letters], 5) > 0.5
    around = cv2.dilate(letters.astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
    assert found[around].mean() < 0.02


def test_letters_that_move_with_the_ground_are_not_held():
    still = pan(1)[0]
    cv2.putText(still, "CAPTION x", (10, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    found = static_mask([np.roll(still, 4 * step, axis=1) for step in range(4)])
    assert found is None or found.mean() < 0.02


def test_two_frames_that_are_alike_at_a_place_say_nothing_of_what_is_between():
    assert static_mask(list(pan(1).repeat(2, axis=0))) is None


def test_a_soft_ground_that_moves_is_not_held_because_it_hardly_changes():
    ground = np.broadcast_to((128 + 20 * np.sin(np.arange(240) / 20))[None, :, None], (60, 240, 3))
    assert static_mask([np.roll(ground, step, axis=1).astype(np.uint8) for step in range(4)]) is None
