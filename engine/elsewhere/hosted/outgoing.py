"""What leaves this machine: the member's files at the size of the frame, without any tags.

Pictures are encoded anew from their pixels; clips and sounds lose every tag. All of these files were made by
this program when they were taken in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import Code, RenderFailed
from engine.core.recipe import Recipe, Role
from engine.elsewhere.hosted.slugs import Slot
from engine.elsewhere.sent_files import SentFile, bare_clip, bare_sound
from engine.vision.crop import cover, cropped

LOSSLESS = 2_000_000
"""Bytes of a PNG up to which a picture is sent without loss; a larger one becomes a JPEG."""

JPEG_QUALITY = 95

PICTURES = {Role.PICTURE: Slot.PICTURE, Role.END: Slot.END}


async def outgoing(recipe: Recipe, inputs: Mapping[str, Path], work: Path) -> dict[Slot, SentFile]:
    """Make the files that are sent.

    Args:
        recipe: what is drawn.
        inputs: role → file, as the job has them.
        work: a folder for what is made on the way.
    """
    made: dict[Slot, SentFile] = {}
    for role, slot in PICTURES.items():
        if role in inputs:
            made[slot] = await asyncio.to_thread(_picture, inputs[role], recipe, role)
    if Role.BEFORE in inputs and Slot.PICTURE not in made:
        made[Slot.PICTURE] = await asyncio.to_thread(_last_frame, inputs[Role.BEFORE], recipe)
    if Role.REFERENCE in inputs:
        data = await bare_clip(inputs[Role.REFERENCE], work / "sent.mp4", sound=False)
        made[Slot.CLIP] = SentFile(data=data, kind="video/mp4", name="clip.mp4")
    if Role.SOUND in inputs:
        data = await bare_sound(inputs[Role.SOUND], work / "sent.wav")
        made[Slot.SOUND_IN] = SentFile(data=data, kind="audio/wav", name="sound.wav")
    return made


def in_words(slots: Mapping[Slot, SentFile], *, words: bool) -> str:
    """What leaves this machine, for the ledger and for ``/mydata``."""
    names = {Slot.PICTURE: "picture", Slot.END: "last picture", Slot.CLIP: "clip", Slot.SOUND_IN: "sound"}
    told = [names[slot] for slot in slots]
    return ", ".join([*told, "prompt"] if words else told)


def _picture(path: Path, recipe: Recipe, role: Role) -> SentFile:
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise RenderFailed(Code.ENGINE, f"the picture {path.name} cannot be read")
    return _encoded(np.asarray(found, dtype=np.uint8), recipe, role)


def _last_frame(path: Path, recipe: Recipe) -> SentFile:
    """The last frame of a clip that this program made."""
    clip = cv2.VideoCapture(str(path))
    last = None
    try:
        while True:
            there, frame = clip.read()
            if not there:
                break
            last = frame
    finally:
        clip.release()
    if last is None:
        raise RenderFailed(Code.ENGINE, f"the clip {path.name} cannot be read")
    return _encoded(np.asarray(last, dtype=np.uint8), recipe, Role.PICTURE)


def _encoded(picture: NDArray[np.uint8], recipe: Recipe, role: Role) -> SentFile:
    """A picture, uint8 ``[H, W, 3]`` in OpenCV's order, as a file of the frame's size."""
    if role in recipe.crops:
        picture = cropped(picture, recipe.width / recipe.height, recipe.crops[role])
    framed = cover(picture, recipe.width, recipe.height)
    _, data = cv2.imencode(".png", framed)
    if data.nbytes <= LOSSLESS:
        return SentFile(data=data.tobytes(), kind="image/png", name=f"{role}.png")
    _, data = cv2.imencode(".jpg", framed, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return SentFile(data=data.tobytes(), kind="image/jpeg", name=f"{role}.jpg")
