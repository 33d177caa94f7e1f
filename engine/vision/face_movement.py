"""Whether a face moves as faces do, or comes apart: the answer of a small network of our own.

``benchmarks/fit_face_movement.py`` taught it, on clips of people who speak, turn and lean, and on the same
clips with faults. It comes with the engine. It sees no picture, only how each place in and around a face
moved: whose face it is, is in none of its answers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.vision.network import Network
from engine.vision.optical_flow import Floats

PATH = Path(__file__).with_name("face_movement.onnx")

FIELDS = (
    *("slope across", "slope down", "late across", "late down", "early across", "early down", "wavers"),
    *("mesh slope across", "mesh slope down", "mesh late across", "mesh late down"),
    *("turn across", "turn down", "depth", "sure", "seen", "clear", "face"),
)
"""What each plane holds, in widths of the face: trends of the flow; trends of what a rigid motion leaves of
the mesh; what turning alone did to its points; how deep the face is; and, 0 … 1, where the flow is sure, what
stays in the picture, what no letters lie over, and where the face is."""
ABOUT = ("width", "turned", "unlike", "told", "plain")
"""What else is known of a face, each in a plane of its own: the natural logarithm of its width in units of 80
pixels, radians turned and correlation lost at most, the share of the looks that tell something, and whether
the detector is sure."""
PLANES = (*FIELDS, *ABOUT)

SHOWN = (*PLANES, "x", "y")
"""What the network is shown: also where each place is, -1 … 1."""

ANSWERS = ("face bends", "face grows", "mouth slides", "head slides", "broken")
"""The last one: any of these."""

_EVEN = ("depth", "sure", "seen", "clear", "face", *ABOUT)
"""What is shown as it is; all else is motion."""
_SLIGHT, _EARLY = 0.025, 0.0625
"""Motion in widths, up to which it is shown in proportion, and beyond which by its logarithm. What the early
looks show errs more."""
_MOTION = np.flatnonzero([name not in _EVEN for name in PLANES])
_SCALE = np.array([1 / (_EARLY if name.startswith("early") else _SLIGHT) for name in PLANES])[_MOTION]
_MIRRORED = np.array([name.endswith("across") for name in PLANES])


def face_movement(planes: Floats, network: Network) -> Floats:
    """Say how much a face comes apart.

    Args:
        planes: float32 ``[PLANES, h, w]``, as :func:`engine.gate.meaning.movement.movement_of` gives them.
        network: of :data:`PATH`.

    Returns:
        For each of :data:`ANSWERS` the natural logarithm of the odds that it is so, among as many broken
        faces as whole ones, float32 ``[5]``.

    Raises:
        Unreadable: the network is another one.
    """
    both = (standard(shown[None])[0].transpose(1, 2, 0) for shown in (planes, mirrored(planes)))
    return np.asarray(np.mean([network.run(shown)[0].ravel() for shown in both], axis=0), np.float32)


def mirrored(planes: Floats) -> Floats:
    """The movement of the face's mirror image; ``[..., PLANES, h, w]``."""
    signs = np.where(_MIRRORED, -1, 1)[:, None, None]
    return np.asarray(planes[..., ::-1] * signs, np.float32)


def standard(planes: Floats) -> Floats:
    """What the network is shown: large motions closer together, and places: float32 ``[N, SHOWN, h, w]``."""
    count, known, height, width = planes.shape
    shown = np.empty((count, len(SHOWN), height, width), np.float32)
    shown[:, :known] = planes
    shown[:, _MOTION] = np.arcsinh(planes[:, _MOTION] * _SCALE[:, None, None])
    shown[:, -2] = np.linspace(-1, 1, width, dtype=np.float32)
    shown[:, -1] = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return shown
