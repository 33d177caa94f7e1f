"""How a face moved, as the network is shown it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.gate.meaning.faces import EYE_HIGH, EYE_WIDE, Followed, Look
from engine.gate.meaning.movement import FEWEST, movement_of, told_looks
from engine.gate.meaning.shape import CELL, COARSE, Crop, coarse, places
from engine.vision.face_movement import ABOUT, FIELDS, PLANES, SHOWN, mirrored, standard
from tests.engine.gate.drawn_face import mesh, picture

COUNT = 10
TIMES = np.linspace(0.1, 1, COUNT).astype(np.float32)
CROP = Crop(picture()[..., 0], mesh())
BLANK = (np.zeros((EYE_HIGH, EYE_WIDE), np.uint8),) * 2
X, Y = (coarse(axis) for axis in places())


def flow(across, down=0.0):
    return np.dstack(np.broadcast_arrays(across, down, X)[:2]).astype(np.float32)


def followed(flows, **looks):
    """A face with these flows in its looks, and what else each look holds."""
    made = [Look(number=n + 1, mesh=mesh(), flow=one, **looks) for n, one in enumerate(flows)]
    return Followed(CROP, BLANK, tuple(made))


def read(face, *, plain=True):
    planes = movement_of(face, plain=plain)
    assert planes is not None
    return dict(zip(PLANES, planes, strict=True))


def test_what_grows_to_the_end_is_the_slope_early_and_late():
    full = flow(0.1 * (Y < 0.6), -0.05 * X)
    planes = read(followed([full * share for share in TIMES]))
    for name in ("slope", "late", "early"):
        assert planes[f"{name} across"] == pytest.approx(full[..., 0], abs=1e-5)
        assert planes[f"{name} down"] == pytest.approx(full[..., 1], abs=1e-5)
    assert np.abs(planes["wavers"]).max() < 1e-5


def test_what_begins_late_is_not_seen_early_and_what_comes_and_goes_wavers():
    full = flow(0.1)
    late = read(followed([full * max(0.0, 2 * share - 1) for share in TIMES]))
    assert np.abs(late["early across"]).max() < 0.02
    assert late["late across"].min() > 0.07
    to_and_fro = read(followed([full * np.sin(20 * share) for share in TIMES]))
    assert np.abs(to_and_fro["slope across"]).max() < 0.03
    assert to_and_fro["wavers"].min() > 0.05


def test_what_turning_explains_is_none_of_it():
    """A face turns, turns back, and is followed a little wrongly while it is turned."""
    angles = 0.2 * np.sin(3 * TIMES)
    face = followed([flow(0.3 * angle) for angle in angles])
    looks = [
        replace(look, turns=np.array((angle, 0), np.float32))
        for look, angle in zip(face.looks, angles, strict=True)
    ]
    still = read(followed([flow(0.3 * angle) for angle in angles]))["slope across"]
    assert np.abs(read(replace(face, looks=tuple(looks)))["slope across"]).max() < np.abs(still).min() / 4


def test_the_mesh_tells_where_its_points_are_and_nowhere_else():
    bent = np.zeros((468, 2), np.float32)
    bent[:, 0] = 0.05 * (CROP.points[:, 1] > 0)
    planes = read(followed([flow(0.0)] * COUNT, bent=bent))
    inner = np.hypot(X / 0.4, Y / 0.5) < 1
    assert planes["mesh late across"][inner & (Y > 0.15)].mean() > 0.03
    assert np.abs(planes["mesh late across"][inner & (Y < -0.15)]).max() < 0.01
    assert np.abs(planes["mesh late across"][Y > 1]).max() == 0
    assert planes["face"][inner].all()
    assert not planes["face"][Y > 1].any()


def test_what_left_the_picture_is_marked():
    seen = np.broadcast_to(X < 0.2, COARSE)
    face = followed([flow(0.1) * share for share in TIMES])
    looks = [replace(look, seen=seen) if n == 3 else look for n, look in enumerate(face.looks)]
    assert np.array_equal(read(replace(face, looks=tuple(looks)))["seen"], seen)
    assert read(face)["seen"].all()


@pytest.mark.parametrize("clear", [1.0, 1.5])
def test_nothing_is_told_of_what_letters_lie_over_or_of_what_is_below(clear):
    face = replace(followed([flow(0.1) * share for share in TIMES]), clear=clear)
    top, bottom = CROP.points[:, 1].min(), CROP.points[:, 1].max()
    below = top + clear * (bottom - top) + CELL / 56 < Y
    planes = read(face)
    assert below.any()
    assert all((planes[name][below] == 0).all() for name in FIELDS)
    assert planes["clear"][~below].mean() > 0.9
    assert planes["slope across"][bottom > Y].min() > 0.05


def test_what_else_is_known_has_a_plane_of_its_own():
    looks = [{"turned": 0.1 * n, "unlike": 0.02 * n} for n in range(FEWEST)]
    face = followed([flow(0.0)] * FEWEST)
    face = replace(
        face, looks=tuple(replace(look, **more) for look, more in zip(face.looks, looks, strict=True))
    )
    planes = read(face, plain=False)
    about = {name: planes[name] for name in ABOUT}
    assert all(np.ptp(plane) == 0 for plane in about.values())
    expected = {"width": np.log(CROP.width / 80), "turned": 0.4, "unlike": 0.08, "told": 1.0, "plain": 0.0}
    assert {name: float(plane[0, 0]) for name, plane in about.items()} == pytest.approx(expected, abs=1e-6)


def test_a_face_that_looks_one_way_long_enough_is_judged_by_those_looks():
    far = {"turned": 0.5, "unlike": 0.1}
    face = followed([flow(0.0)] * COUNT)
    few = [replace(look, **far) if n < COUNT - FEWEST else look for n, look in enumerate(face.looks)]
    assert len(told_looks(few)) == FEWEST
    assert (
        len(
            told_looks([replace(look, **far) if n < COUNT - 4 else look for n, look in enumerate(face.looks)])
        )
        == COUNT
    )
    every = [replace(look, turned=1.5) for look in face.looks]
    assert told_looks(every) == every, "a face that is turned all the time is judged as it is"


def test_too_few_looks_or_looks_that_end_early_tell_nothing():
    assert movement_of(followed([flow(0.0)] * (FEWEST - 1)), plain=True) is None
    looks = followed([flow(0.0)] * COUNT).looks
    lost = [look if n < FEWEST else replace(look, mesh=None) for n, look in enumerate(looks)]
    assert told_looks(lost) == [], "it is gone after half of the take"


def test_a_mirror_image_moves_the_other_way():
    rng = np.random.default_rng(5)
    planes = rng.normal(size=(len(PLANES), *COARSE)).astype(np.float32)
    other = mirrored(planes)
    assert np.array_equal(mirrored(other), planes)
    across, down = (FIELDS.index(f"slope {way}") for way in ("across", "down"))
    assert np.array_equal(other[across], -planes[across][:, ::-1])
    assert np.array_equal(other[down], planes[down][:, ::-1])


def test_large_motions_are_shown_closer_together_and_the_rest_as_it_is():
    planes = np.zeros((1, len(PLANES), *COARSE), np.float32)
    planes[0, :, 0, :3] = (0.01, 0.1, 1.0)
    shown = dict(zip(SHOWN, standard(planes)[0], strict=True))
    small, middle, large = shown["slope across"][0, :3]
    assert small < middle < large < 20 * small
    assert np.array_equal(shown["depth"][0, :3], planes[0, 0, 0, :3])
    assert np.array_equal(shown["plain"][0, :3], planes[0, 0, 0, :3])
    assert shown["x"][0, [0, -1]].tolist() == shown["y"][[0, -1], 0].tolist() == [-1, 1]
