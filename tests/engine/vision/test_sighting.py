import numpy as np

from engine.vision.bodies import Body
from engine.vision.box import Box
from engine.vision.eyes import Eyes
from engine.vision.face_mesh import POINTS, Mesh
from engine.vision.faces import Face
from engine.vision.sighting import Noted, Sighting, Thing, at_other_frames
from engine.vision.text_regions import TextLine
from engine.weights.store import Store

BOX = Box(left=10, top=20, width=30, height=40)
CORNERS = np.array([(10, 20), (40, 20), (40, 60), (10, 60)], np.float32)


def frames(count=5):
    return np.zeros((count, 64, 96, 3), np.uint8)


def mesh():
    points = np.zeros((POINTS, 3), np.float32)
    points[:, :2] = CORNERS[np.arange(POINTS) % 4]
    return Mesh(points=points, certainty=0.9)


def body():
    points = CORNERS[np.arange(33) % 4].copy()
    points[20:] = 900
    visible = (np.arange(33) < 20).astype(np.float32)
    return Body(points=points, visible=visible, certainty=0.9, middle=points[0], along=points[1])


def test_what_is_found_in_a_frame_is_kept_with_its_number():
    clip = frames()
    noted = Noted(clip)
    noted.note(clip[4], (Face(box=BOX, points=np.zeros((5, 2), np.float32), certainty=0.9),))
    noted.note(clip[0], (mesh(), body()))
    noted.note(clip[2][:, ::-1], (TextLine(corners=CORNERS, certainty=0.9),))
    told = [(one.frame, one.thing) for one in noted.sightings]
    assert told == [(0, Thing.FACE), (0, Thing.BODY), (2, Thing.TEXT), (4, Thing.FACE)]
    assert {one.box for one in noted.sightings} == {BOX}


def test_what_is_found_in_another_picture_is_not():
    clip = frames()
    noted = Noted(clip)
    for picture in (clip[3].copy(), frames()[3], np.zeros((64, 96), np.uint8)):
        noted.note(picture, (mesh(),))
    assert noted.sightings == ()


def test_frames_of_a_judged_part_are_counted_as_in_the_drawn_clip():
    judged = [Sighting(thing=Thing.FACE, frame=frame, box=BOX) for frame in (0, 2, 3, 5)]
    assert [one.frame for one in at_other_frames(judged, lead=3, step=2)] == [0, 4]
    assert [one.frame for one in at_other_frames(judged, lead=0, step=1)] == [0, 2, 3, 5]


def test_eyes_tell_whoever_looks_and_the_eyes_they_are_a_copy_of_do_not(tmp_path, monkeypatch):
    eyes = Eyes(Store(tmp_path))
    told = []
    telling = eyes.telling(lambda picture, found: told.append((picture.shape, found)))
    seen = {"find_faces": (mesh(),), "fit_mesh": mesh(), "find_body": body(), "find_text": (mesh(),)}
    for name, found in seen.items():
        monkeypatch.setattr(f"engine.vision.eyes.{name}", lambda *_, found=found, **__: found)
    monkeypatch.setattr("engine.vision.eyes._Lazy.get", lambda _: object())
    picture = np.zeros((8, 9, 3), np.uint8)
    for looking in (eyes, telling):
        looking.faces(picture)
        looking.mesh(picture, mesh())
        looking.body(picture, body())
        looking.text(picture)
    assert [shape for shape, _ in told] == [(8, 9, 3)] * 4
    assert [len(found) for _, found in told] == [1] * 4


def test_nothing_is_told_where_nothing_is_found(tmp_path):
    told = []
    eyes = Eyes(Store(tmp_path)).telling(lambda *found: told.append(found))
    picture = np.zeros((8, 9, 3), np.uint8)
    assert (eyes.faces(picture), eyes.text(picture), eyes.mesh(picture, mesh())) == ((), (), None)
    assert told == []
