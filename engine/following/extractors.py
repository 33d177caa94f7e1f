"""From a clip's frames to what a model is shown of them: poses, depth, edges or soft edges.

Edges need OpenCV only. Depth Anything is transformers'. The others are those of controlnet-aux, with weights
from the owner's folder: they are read from there or not at all. torch loads them as bare tensors
(``weights_only``, its default): a pickle that holds anything else is refused.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DepthAnythingForDepthEstimation

from engine.core.device import Device
from engine.core.errors import Code, RenderFailed
from engine.core.family import Frames, Hooks, Picture
from engine.core.recipe import Follow
from engine.core.request import word
from engine.core.sentence import Sentence
from engine.diffusion.loading import load
from engine.following.needs import FollowNeeds

INSTALL = "pip install 'framekiln[models]'"

_DEPTH_SIDE, _PATCH = 518, 14
"""Depth Anything sees the shorter side at this many pixels at most, and both sides in patches."""
_DEPTH_LEAST = 252
"""Smaller frames are enlarged to this: it was never trained on fewer patches."""
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels, by channel."""

_STRONG, _OF_STRONG = 0.99, 0.35
"""An edge begins at about a third of the contrast that one pixel in a hundred exceeds."""
_LEAST_GRADIENT = 40.0
"""Below it, what is found is the grain of the film."""
_LOW_TO_HIGH = 0.4
"""J. Canny advises a low threshold of a half to a third of the high one (PAMI 1986)."""


def find_edges(frames: Frames, hooks: Hooks) -> Frames:
    """Canny's edges, white on black, with thresholds that the clip itself sets.

    They are set once for the whole clip: thresholds of each frame's own would let lines come and go.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB.
        hooks: asked whether to stop, and told of progress, once a frame.

    Returns:
        uint8 ``[T, H, W, 3]``, 0 or 255.
    """
    smooth = [cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (5, 5), 1.2) for frame in frames]
    strong = float(np.quantile([_gradient(grey) for grey in smooth], _STRONG))
    high = max(_LEAST_GRADIENT, _OF_STRONG * strong)
    found: list[NDArray[Any]] = []
    for grey in smooth:
        _go_on(hooks, len(found), len(frames))
        found.append(cv2.Canny(grey, _LOW_TO_HIGH * high, high))
    return np.repeat(np.stack(found)[..., None], 3, axis=-1).astype(np.uint8, copy=False)


def _gradient(grey: NDArray[Any]) -> NDArray[np.float32]:
    """As Canny measures it: across and down together."""
    across, down = (np.abs(cv2.Sobel(grey, cv2.CV_32F, *order)) for order in ((1, 0), (0, 1)))
    return np.asarray(across + down, dtype=np.float32)


class Extractor:
    """What finds poses, depth or soft edges, loaded.

    Attributes:
        models: its torch modules.
    """

    def __init__(
        self, models: tuple[Any, ...], see: Callable[[Picture], NDArray[Any]], device: Device
    ) -> None:
        """Take its models, put them on a device.

        Args:
            models: torch modules.
            see: from one frame to a map of the same or another size: uint8 ``[h, w, 3]``, or float ``[h, w]``
                of no particular range.
            device: where it runs.
        """
        self.models = models
        self._see = see
        for model in models:
            model.to(device.kind.value)

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(weight.nbytes for model in self.models for weight in model.parameters())

    def __call__(self, frames: Frames, hooks: Hooks) -> Frames:
        """What is found in each frame; see :func:`find_edges`."""
        rows, columns = frames.shape[1:3]
        found: list[NDArray[Any]] = []
        for frame in frames:
            _go_on(hooks, len(found), len(frames))
            with torch.inference_mode():
                seen = self._see(frame)
            found.append(cv2.resize(seen, (columns, rows), interpolation=cv2.INTER_LINEAR))
        maps = np.stack(found)
        if maps.ndim == 3:  # noqa: PLR2004 - [T, H, W]
            maps = np.repeat(_to_bytes(maps)[..., None], 3, axis=-1)
        return np.asarray(maps, dtype=np.uint8)


def _to_bytes(maps: NDArray[Any]) -> NDArray[np.uint8]:
    """One range for the whole clip: a range for each frame would make the ground rise and sink."""
    low, high = float(maps.min()), float(maps.max())
    return np.asarray((maps - low) / max(high - low, 1e-6) * 255, dtype=np.uint8)


def load_extractor(way: FollowNeeds, folder: Path, device: Device) -> Extractor:
    """Load an extractor.

    Args:
        way: what is followed, and by what; see :data:`_MAKERS`.
        folder: of the catalogue's entry with its weights.
        device: where it will run.

    Raises:
        RenderFailed: ``E_WEIGHTS``: its weights are not here, or damaged. ``E_EXTRACTOR``: controlnet-aux
            cannot be used here.
    """
    if not (folder / way.file).is_file():
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence(
                "To follow {what}, {extractor} needs its weights ({file});"
                " to get them: framekiln models pull {names}",
                what=word(way.follow),
                extractor=way.extractor,
                file=way.file,
                names=" ".join(way.entries),
            ),
        )
    try:
        with (
            warnings.catch_warnings()
        ):  # what its packages would rather do differently is not the owner's affair
            warnings.simplefilter("ignore")
            models, see = _MAKERS[way.name](folder, way)
    except (OSError, EOFError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
        raise RenderFailed(
            Code.WEIGHTS, Sentence("The weights in “{file}” cannot be loaded.", file=way.file), str(error)
        ) from error
    return Extractor(models, see, device)


def controlnet_aux(follow: Follow) -> ModuleType:
    """Import controlnet-aux, which imports all of its extractors, and torchvision with them.

    Raises:
        RenderFailed: ``E_EXTRACTOR``: it is not installed, or its torchvision is not the one for this torch.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import controlnet_aux as package  # noqa: PLC0415 - nothing else needs it, and it may be broken
    except (ImportError, RuntimeError) as error:
        raise RenderFailed(
            Code.EXTRACTOR,
            Sentence(
                "To follow {what}, this engine needs controlnet-aux and a torchvision that matches torch; to"
                " get them: {command}. Following edges needs neither.",
                what=word(follow),
                command=INSTALL,
            ),
            str(error),
        ) from error
    found: ModuleType = package
    return found


_Made = tuple[tuple[Any, ...], Callable[[Picture], NDArray[Any]]]


def _soft_edges(folder: Path, way: FollowNeeds) -> _Made:
    aux: Any = controlnet_aux(way.follow)
    detector = aux.HEDdetector.from_pretrained(str(folder), filename=way.file, local_files_only=True)

    def see(frame: Picture) -> NDArray[Any]:
        side = min(frame.shape[:2])
        return np.asarray(detector(frame, detect_resolution=side, image_resolution=side, output_type="np"))

    return (detector.netNetwork,), see


def _midas(folder: Path, way: FollowNeeds) -> _Made:
    aux: Any = controlnet_aux(way.follow)
    detector = aux.MidasDetector.from_pretrained(str(folder), filename=way.file, local_files_only=True)
    model = detector.model.eval()

    def see(frame: Picture) -> NDArray[Any]:
        # Not the detector's own call: it stretches each frame's depth to the full range.
        where = next(iter(model.parameters())).device
        rows, columns = (max(64, round(side / 64) * 64) for side in frame.shape[:2])
        fitted = cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_AREA)
        pixels = torch.from_numpy(fitted).to(where).float().permute(2, 0, 1)[None] / 127.5 - 1.0
        return np.asarray(model(pixels)[0].float().cpu().numpy())

    return (model,), see


def _depth_anything(folder: Path, _way: FollowNeeds) -> _Made:
    """Yang et al. 2024, *Depth Anything V2*; the Small weights, whose licence is Apache-2.0."""
    model: Any = load(DepthAnythingForDepthEstimation, folder, device=Device(), dtype=torch.float32)
    model.eval()
    mean, spread = (torch.tensor(values).view(1, 3, 1, 1) for values in (_MEAN, _SPREAD))

    def see(frame: Picture) -> NDArray[Any]:
        where = next(model.parameters()).device
        shortest = min(frame.shape[:2])
        scale = min(_DEPTH_SIDE, max(_DEPTH_LEAST, shortest)) / shortest
        rows, columns = (max(1, round(side * scale / _PATCH)) * _PATCH for side in frame.shape[:2])
        fitted = cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_CUBIC)
        pixels = torch.from_numpy(fitted).float().permute(2, 0, 1)[None] / 255
        near = model(pixel_values=((pixels - mean) / spread).to(where)).predicted_depth[0]
        return np.asarray(near.float().cpu().numpy())

    return (model,), see


def _openpose(folder: Path, way: FollowNeeds) -> _Made:
    aux: Any = controlnet_aux(way.follow)
    from controlnet_aux.open_pose.body import Body  # noqa: PLC0415 - see controlnet_aux above

    # The body alone: hands and faces of a few pixels each flicker more than they tell.
    body = Body(str(folder / way.file))
    detector = aux.OpenposeDetector(body)

    def see(frame: Picture) -> NDArray[Any]:
        side = min(frame.shape[:2])
        return np.asarray(detector(frame, detect_resolution=side, image_resolution=side, output_type="np"))

    return (body.model,), see


_MAKERS: Mapping[str, Callable[[Path, FollowNeeds], _Made]] = {
    "hed": _soft_edges,
    "midas": _midas,
    "depth-anything": _depth_anything,
    "openpose": _openpose,
}
"""By the name of the way."""


def _go_on(hooks: Hooks, done: int, of: int) -> None:
    hooks.cancel.check()
    hooks.progress(done / of)
