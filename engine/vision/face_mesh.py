"""A mesh of 468 points over a face, with MediaPipe's network.

Source: Kartynnik et al. 2019, *Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs*;
Apache-2.0. The points say where lids, lips and the oval of the face are. They measure a shape in one picture;
no person is recognised by them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.faces import Face
from engine.vision.network import Network, sigmoid
from engine.vision.optical_flow import Floats

ENTRY = "face-mesh"
FILE = "face_landmark.tflite"
OUTPUTS = ("conv2d_21", "conv2d_31")

POINTS = 468
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)
"""Points at the two corners of each eye; left and right as the viewer sees them."""
CHEEKS = (234, 454)
"""Points beside the ears, left and right as the viewer sees them."""

_SEEN = 192
_ROOM = 1.5
"""Side of the square that the network is shown, in the longer side of the face's box; as in training."""
_SURE = 0.5


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """The shape of a face.

    Attributes:
        points: float32 ``[468, 3]``, x, y and depth (smaller is nearer) in pixels of the given picture.
        certainty: 0.5 … 1, that there is a face in this place.
    """

    points: Floats
    certainty: float

    @property
    def eyes(self) -> Floats:
        """The middles of the two eyes, float32 ``[2, 2]``, the left one first."""
        return np.stack([self.points[list(eye), :2].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE)])

    @property
    def aside(self) -> float:
        """Radians by which the face looks past the camera, to either side."""
        across = self.points[CHEEKS[1]] - self.points[CHEEKS[0]]
        return float(np.arctan2(abs(across[2]), np.hypot(across[0], across[1])))


def fit_mesh(picture: NDArray[np.uint8], face: Face | Mesh, network: Network) -> Mesh | None:
    """Fit the mesh to a face.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        face: as it was found in this picture, or its mesh in the frame before.
        network: :data:`ENTRY`'s.

    Returns:
        None where the network does not see a face.

    Raises:
        Unreadable: the network is another one.
    """
    if isinstance(face, Mesh):
        return _fit(picture, _square_of_mesh(face), network)
    first = _fit(picture, _square_of_face(face), network)
    # A second look, as centred as it is from frame to frame: the result no longer depends on the detector.
    return None if first is None else _fit(picture, _square_of_mesh(first), network)


def _square_of_face(face: Face) -> Floats:
    return _square(face.points[0], face.points[1], np.asarray(_corners(face), np.float32))


def _corners(face: Face) -> list[tuple[float, float]]:
    box = face.box
    return [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]


def _square_of_mesh(mesh: Mesh) -> Floats:
    left, right = mesh.eyes
    return _square(left, right, mesh.points[:, :2])


def _square(left_eye: Floats, right_eye: Floats, outline: Floats) -> Floats:
    """Three corners of a square around a face, turned so that the eyes are level: float32 ``[3, 2]``."""
    across = right_eye - left_eye
    along = across / max(float(np.hypot(*across)), 1e-6)
    axes = np.stack([along, np.array([-along[1], along[0]])])
    turned = outline @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    half = max(float((high - low).max()), 1.0) * _ROOM / 2
    middle = (low + high) / 2
    corners = middle + np.array([[-half, -half], [half, -half], [-half, half]])
    return np.asarray(corners @ axes, np.float32)


def _fit(picture: NDArray[np.uint8], square: Floats, network: Network) -> Mesh | None:
    shown = np.array([[0, 0], [_SEEN, 0], [0, _SEEN]], np.float32)
    there = cv2.getAffineTransform(square, shown)
    crop = cv2.warpAffine(picture, there, (_SEEN, _SEEN), flags=cv2.INTER_LINEAR)
    found, presence = network.run(np.asarray(crop / 255, np.float32))
    certainty = float(sigmoid(presence).ravel()[0])
    if certainty < _SURE:
        return None
    points = found.reshape(POINTS, 3)
    back = cv2.invertAffineTransform(there)
    places = points[:, :2] @ back[:, :2].T + back[:, 2]
    side = float(np.hypot(*(square[1] - square[0])))
    depth = points[:, 2:] * (side / _SEEN)
    return Mesh(points=np.hstack([places, depth]).astype(np.float32), certainty=certainty)
