from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from engine.vision.box import Box
from engine.vision.face_mesh import LEFT_EYE, POINTS, RIGHT_EYE, Mesh, fit_mesh
from engine.vision.faces import Face
from tests.engine.vision.answers import says

SEEN = 192


def plain_mesh():
    """A mesh as the network gives it: a level face in the middle of its square."""
    rng = np.random.default_rng(3)
    points = np.stack(
        [rng.uniform(40, 152, POINTS), rng.uniform(40, 152, POINTS), rng.uniform(-20, 20, POINTS)], axis=1
    )
    points[0, :2], points[1, :2] = (32, 32), (160, 160)  # its outline is the middle two thirds
    points[list(LEFT_EYE), :2] = [(60, 80), (80, 80)]
    points[list(RIGHT_EYE), :2] = [(112, 80), (132, 80)]
    return points


def looks(logit=9.0):
    return says(plain_mesh().reshape(1, 1, 1, -1), np.full((1, 1, 1, 1), logit))


def face(centre, side, degrees=0.0):
    """A face whose eyes are turned by so many degrees."""
    x, y = centre
    turn = cv2.getRotationMatrix2D((0, 0), -degrees, 1)[:, :2]
    points = (
        np.array([[-0.2, -0.1], [0.2, -0.1], [0, 0.1], [-0.15, 0.3], [0.15, 0.3]]) * side @ turn.T + centre
    )
    box = Box(left=x - side / 2, top=y - side / 2, width=side, height=side)
    return Face(box=box, points=points.astype(np.float32), certainty=0.9)


@pytest.mark.parametrize("degrees", [0, 30, -75])
def test_the_mesh_lies_in_the_picture_turned_as_the_face_is(degrees):
    made: Any = fit_mesh(np.zeros((400, 600, 3), np.uint8), face((300, 180), 100, degrees), looks())
    left, right = made.eyes
    assert np.degrees(np.arctan2(*(right - left)[::-1])) == pytest.approx(degrees, abs=0.5)
    assert made.points.shape == (POINTS, 3)
    assert made.certainty == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("degrees", [0, 30, -75, 160])
def test_the_network_is_shown_the_face_upright(degrees):
    picture = np.zeros((400, 600, 3), np.uint8)
    turned = face((300, 180), 100, degrees)
    for eye, colour in enumerate(((255, 0, 0), (0, 255, 0))):
        cv2.circle(picture, [round(float(x)) for x in turned.points[eye]], 4, colour, -1)
    network = looks()
    fit_mesh(picture, turned, network)
    (left_y, left_x), (right_y, right_x) = (
        np.argwhere(network.shown[0][..., channel] > 0.5).mean(axis=0) for channel in (0, 1)
    )
    assert left_y == pytest.approx(right_y, abs=1.5)
    assert right_x - left_x > 30


def test_a_face_is_looked_at_twice_and_a_mesh_of_the_frame_before_once():
    picture = np.zeros((400, 600, 3), np.uint8)
    network = looks()
    made: Any = fit_mesh(picture, face((300, 180), 100), network)
    assert len(network.shown) == 2
    again: Any = fit_mesh(picture, made, network)
    assert len(network.shown) == 3
    assert again.points == pytest.approx(made.points, abs=0.05), "a mesh in the middle stays where it is"


@pytest.mark.parametrize("centre", [(0, 0), (599, 399), (-500, 900)])
def test_a_face_at_the_edge_or_beyond_is_no_error(centre):
    assert isinstance(fit_mesh(np.zeros((400, 600, 3), np.uint8), face(centre, 80), looks()), Mesh)


def test_where_the_network_sees_no_face_there_is_none():
    assert fit_mesh(np.zeros((90, 90, 3), np.uint8), face((40, 40), 30), looks(logit=-2.0)) is None


def test_a_face_of_no_size_is_no_error():
    flat = Face(box=Box(left=3, top=3, width=0, height=0), points=np.zeros((5, 2), np.float32), certainty=0.5)
    assert isinstance(fit_mesh(np.zeros((90, 90, 3), np.uint8), flat, looks()), Mesh)
