"""Teaching the network that sees a face come apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from benchmarks import fit_face_movement, movement_faults
from benchmarks.face_readings import Recorded, Take, changes, record, recorded_in
from benchmarks.fit_face_movement import FOLDS, NAMED, Lessons, answers, fold_of, teach
from benchmarks.meaning import Taken
from benchmarks.meaning_faults import FACE_FAULTS, STRENGTHS
from benchmarks.movement_faults import FAULTS, broken, joined, quieter, varied, visible
from benchmarks.taught_network import Taught, as_onnx
from engine.gate.meaning.shape import COARSE, Crop, coarse, places
from engine.vision.face_movement import ABOUT, ANSWERS, FIELDS, PLANES, SHOWN, face_movement
from engine.vision.network import Network
from tests.engine.gate.drawn_face import WIDTH, eyes, mesh, picture, place, still_movement

POINTS = Crop(picture()[..., 0], mesh()).points.astype(np.float32)
X, Y = (coarse(axis) for axis in places())
SLOPE = slice(0, 2)
SMALL = ((8, 2), (8, 1), (16, 2))
OWNERS = ("one", "two", "three", "four", "five", "six")


@pytest.fixture(scope="module")
def known():
    """Takes of a few owners; each face's movement is told apart by its depth."""
    takes = [
        Take(f"clip of {owner}", f"{owner}/name", change, strength)
        for owner in OWNERS
        for change, strength in [("itself", 0), ("backwards", 0), *((name, 2) for name in FACE_FAULTS)]
    ]
    rng, count = np.random.default_rng(0), len(takes)
    planes = np.repeat(still_movement()[None], count, axis=0)
    planes[:, FIELDS.index("depth")] = np.arange(count)[:, None, None]
    for n, take in enumerate(takes):
        if take.change in NAMED:
            planes[n] = broken(planes[n], POINTS, NAMED.index(take.change), rng)
    return Recorded(
        takes,
        np.arange(count),
        np.zeros((count, 5)),
        np.ones(count, np.bool_),
        planes.astype(np.float16),
        np.repeat(POINTS[None], count, axis=0).astype(np.float16),
    )


def many(fault, count=30):
    return [broken(still_movement(), POINTS, fault, np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("fault", range(len(FAULTS)), ids=ANSWERS[:-1])
def test_a_fault_changes_the_movement_and_leaves_the_face_aligned(fault):
    eyes_and_nose = np.hypot(X / 0.4, (Y + 0.1) / 0.3) < 1
    for planes in many(fault):
        moved = planes[SLOPE]
        assert 0.005 < np.abs(moved).max() < 0.8
        assert np.abs(moved[:, eyes_and_nose].mean(axis=1)).max() < 0.6 * np.abs(moved).max()
        for name in ("late", "early"):
            plane = FIELDS.index(f"{name} across")
            assert np.array_equal(planes[plane : plane + 2], moved)
        assert np.array_equal(planes[-len(ABOUT) :], still_movement()[-len(ABOUT) :])


def test_each_fault_is_where_it_belongs():
    below, beside = (Y > 1.1) & (np.abs(X) < 0.6), (np.abs(X) > 0.8) & (np.abs(Y) < 0.3)
    mouth, brow = (np.hypot(X / 0.2, (Y - 0.33) / 0.15) < 1), (np.hypot(X / 0.3, (Y + 0.25) / 0.1) < 1)

    def size(fault, where):
        return float(np.mean([np.hypot(*planes[SLOPE])[where].mean() for planes in many(fault)]))

    head, slid = ANSWERS.index("head slides"), ANSWERS.index("mouth slides")
    assert size(head, below) > 5 * size(head, brow)
    assert size(slid, mouth) > 3 * size(slid, brow)
    grown = np.mean([np.sign(planes[0] * X)[beside].mean() for planes in many(ANSWERS.index("face grows"))])
    assert grown < -0.4, "what is beside a face that grows stays behind"


def test_the_mesh_follows_what_bends_and_not_what_slides_as_one():
    mesh_planes = [n for n, name in enumerate(FIELDS) if name.startswith("mesh")]
    followed = [
        any(np.abs(planes[mesh_planes]).max() > 0.001 for planes in many(fault, 5)) for fault in range(4)
    ]
    assert followed == [True, False, True, False]


def test_two_movements_make_a_third_that_moves_as_both_do_and_is_else_as_the_first():
    first, other = (
        broken(still_movement(), POINTS, 2, np.random.default_rng(1)),
        np.zeros_like(still_movement()),
    )
    wavers, depth = FIELDS.index("wavers"), FIELDS.index("depth")
    other[SLOPE], other[wavers], other[depth], other[-len(ABOUT) :] = 0.2, 0.3, 0.4, 0.5
    first[wavers] = 0.4
    made = [joined(first, 0.5, other, np.random.default_rng(seed)) for seed in range(40)]
    added = np.stack([one[SLOPE] - first[SLOPE] / 2 for one in made])
    assert np.ptp(added, axis=(2, 3)).max() < 1e-5
    sides = added[:, :, 0, 0]
    assert 0.1 < np.abs(sides).max() <= 0.2
    assert {tuple(np.sign(one)) for one in sides} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}, "also mirrored"
    for one, (side, _) in zip(made, sides, strict=True):
        assert one[wavers] == pytest.approx(np.hypot(0.2, 0.3 * abs(side) / 0.2), abs=1e-5)
        assert np.array_equal(one[depth], first[depth])
        assert np.array_equal(one[-len(ABOUT) :], first[-len(ABOUT) :])


def test_a_quieter_movement_moves_less_and_is_else_the_same():
    moved = broken(still_movement(), POINTS, 0, np.random.default_rng(1))
    moved[FIELDS.index("wavers")] = 0.2
    less = quieter(moved, 0.25)
    changed = {FIELDS[n] for n in range(len(FIELDS)) if not np.array_equal(less[n], moved[n])}
    assert "wavers" in changed
    assert changed.isdisjoint({"depth", "sure", "seen", "clear", "face"})
    assert less[SLOPE] == pytest.approx(moved[SLOPE] / 4)


@pytest.mark.parametrize("fault", range(len(FAULTS)), ids=ANSWERS[:-1])
def test_a_fault_can_be_so_slight_that_nobody_sees_it(fault):
    slight = broken(still_movement(), POINTS, fault, np.random.default_rng(1), most=fit_face_movement.UNSEEN)
    inside = slight[FIELDS.index("face")] > 0
    assert 0 < np.hypot(*slight[SLOPE])[inside].max() < 1.5 * fit_face_movement.UNSEEN


def test_some_whole_faces_of_a_lesson_have_such_a_fault(known, monkeypatch):
    lessons = Lessons(known, np.ones(len(known.takes), np.bool_), np.random.default_rng(0))
    monkeypatch.setattr(fit_face_movement, "JOINED", 0.0)
    monkeypatch.setattr(fit_face_movement, "MADE", 0.5)
    shown, right, _ = lessons.batch()
    whole = np.abs(shown[right[:, -1] == 0][:, SLOPE].numpy()).max(axis=(1, 2, 3))
    assert 0 < int((whole > 0).sum()) < len(whole) / 2
    broken_ones = np.abs(shown[right[:, -1] == 1][:, SLOPE].numpy()).max(axis=(1, 2, 3))
    assert whole.max() < np.median(broken_ones)


def test_a_movement_is_shown_in_many_ways_with_nothing_under_letters():
    planes, clear = broken(still_movement(), POINTS, 2, np.random.default_rng(1)), FIELDS.index("clear")
    planes[clear, 36:] = 0
    shown = [varied(planes, 2, np.random.default_rng(seed)) for seed in range(40)]
    assert len({one.tobytes() for one in shown}) > 25
    for one in shown:
        assert (one[: len(FIELDS), one[clear] < 0.5] == 0).all()
        assert np.array_equal(one[-len(ABOUT) :], planes[-len(ABOUT) :])
    assert min(one[clear].sum() for one in shown) < 0.9 * planes[clear].sum(), "and now and then under more"


def test_a_head_that_slides_is_never_shown_under_letters_that_hide_it():
    hidden = still_movement()
    hidden[FIELDS.index("clear"), 30:] = 0
    assert [visible(hidden, fault) for fault in range(len(FAULTS))] == [True, True, True, False]
    assert visible(still_movement(), 3)
    shown = [varied(still_movement(), 3, np.random.default_rng(seed)) for seed in range(40)]
    assert all(visible(one, 3) for one in shown)


def test_a_fold_holds_all_of_an_owner_and_there_are_faces_in_each(known):
    folds = fold_of(known.family)
    for owner in OWNERS:
        assert len(set(folds[known.family == owner])) == 1
    assert len(set(fold_of(np.array([f"owner {n}" for n in range(200)])))) == FOLDS


def test_what_is_held_out_is_in_no_lesson(known):
    taken = known.family != "two"
    lessons = Lessons(known, taken, np.random.default_rng(0))
    depth = FIELDS.index("depth")
    middle = tuple(side // 2 for side in COARSE)
    seen = {round(float(one)) for _ in range(12) for one in lessons.batch()[0][:, depth, *middle]}
    allowed = {
        n for n, take in enumerate(known.takes) if taken[n] and (not take.strength or take.change in NAMED)
    }
    assert seen == allowed


def test_a_lesson_says_what_is_right_and_asks_of_a_fault_nothing_else(known):
    shown, right, counts = Lessons(
        known, np.ones(len(known.takes), np.bool_), np.random.default_rng(0)
    ).batch()
    whole = right[:, -1] == 0
    assert 2 * int(whole.sum()) == len(right) == len(shown)
    assert bool((counts[whole] == 1).all())
    assert bool((right[whole] == 0).all())
    assert bool((counts[~whole].sum(dim=1) == 2).all())
    assert torch.equal(counts[~whole], right[~whole])


def test_what_is_learnt_tells_broken_faces_from_whole_ones(known, monkeypatch):
    monkeypatch.setattr(fit_face_movement, "PLAN", SMALL)
    monkeypatch.setattr(fit_face_movement, "BATCH", 24)
    reports = []
    lessons = Lessons(known, np.ones(len(known.takes), np.bool_), np.random.default_rng(0))
    monkeypatch.setattr(fit_face_movement, "REPORTED", 20)
    model = teach(lessons, 60, 0, lambda step, loss: reports.append((step, loss)))
    assert [step for step, _ in reports] == [20, 40, 60]
    assert reports[-1][1] < 0.8 * reports[0][1]
    assert not model.training
    said = answers(model, np.stack([still_movement(), *many(3, 6)]).astype(np.float16))
    assert np.median(said[1:, -1]) > said[0, -1] + 0.3


def test_what_is_written_answers_as_what_was_taught(tmp_path):
    torch.manual_seed(0)
    model = Taught((len(SHOWN), *COARSE), len(ANSWERS), SMALL, pooled=True).eval()
    planes, path = np.stack(many(0, 3)).astype(np.float16), tmp_path / "taught.onnx"
    path.write_bytes(as_onnx(model))
    taught = answers(model, planes)
    written = [face_movement(one, Network(path)) for one in planes.astype(np.float32)]
    assert np.array(written) == pytest.approx(taught, abs=0.01)
    assert np.ptp(taught, axis=0).max() > 0.001, "two movements are two answers"


def test_readings_are_recorded_once_and_read_as_they_were(tmp_path):
    """A clip that holds still, and has a face; the eyes find it wherever it is."""
    frames = np.repeat(picture()[None], 6, axis=0)
    frames = np.stack([cv2.GaussianBlur(frame, (0, 0), 1) for frame in frames]).astype(np.uint8)
    clip = Taken(name="a clip", source="owner/name", fps=8, frames=frames, places=[place()] * 6)
    nobody = Taken(name="empty", source="owner/other", fps=8, frames=frames, places=None)
    seeing = eyes([mesh()])
    seeing.faces = lambda picture, *, side: type(seeing)([mesh()], 1, (), None).faces(picture, side=side)
    record(iter([clip, nobody]), seeing, tmp_path)
    first = recorded_in(tmp_path)
    assert {(take.change, take.strength) for take in first.takes} >= {
        (name, one) for name in FACE_FAULTS for one in STRENGTHS
    }
    assert len(first.takes) == len(list(changes(clip, 0))) - 1, "every second frame of six is too short"
    assert len(first.take) == len(first.takes) == len(first.planes) == len(first.points)
    assert first.points[0] == pytest.approx(POINTS, abs=0.01)
    width = 80 * np.exp(float(first.planes[0, PLANES.index("width"), 0, 0]))
    assert width == pytest.approx(WIDTH, rel=0.01)
    record(iter([clip]), eyes([None]), tmp_path)  # who would see nothing
    again = recorded_in(tmp_path)
    assert again.takes == first.takes
    assert np.array_equal(again.planes, first.planes)


def test_chance_alone_decides_how_a_fault_looks():
    for fault in range(len(movement_faults.FAULTS)):
        one, same = (broken(still_movement(), POINTS, fault, np.random.default_rng(3)) for _ in range(2))
        assert np.array_equal(one, same)
        assert not np.array_equal(one, broken(still_movement(), POINTS, fault, np.random.default_rng(4)))
