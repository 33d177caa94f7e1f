"""The clips, their sound, and the pictures that the owner names on the command line, read as a member's are.

They may come from anywhere, so they go through the same confined processes, and mean the same colours.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.config.settings import BadSettings, Settings, load_settings
from bot.drawing_policies import store_of
from bot.intake.clip_intake import CleanClip, ClipIntake
from bot.intake.picture_intake import Intake
from bot.intake.sound_intake import CleanSound, SoundIntake
from bot.intake_policies import for_intake, to_hear, to_judge
from engine.clips.pcm import read_sound
from engine.clips.read_clip import read_clip
from engine.core.errors import UserError
from engine.core.family import SourceClip
from engine.core.sound import Sound
from engine.vision.eyes import Eyes


def read_owners_clip(path: Path) -> SourceClip:
    """Read every frame of a clip.

    Raises:
        ValueError: it is not taken, and the text says why; or a setting is wrong.
        OSError: it can't be opened.
    """
    limits = to_judge(_settings())

    async def take() -> CleanClip:
        async with ClipIntake(limits) as intake:
            return await intake.from_bytes(_bytes_of(path, limits.max_bytes))

    try:
        taken = asyncio.run(take())
    except UserError as error:
        raise ValueError(f"{path}: {error}") from error
    with TemporaryDirectory() as folder:
        copy = Path(folder, "clip.mp4")
        copy.write_bytes(taken.mp4)
        return replace(read_clip(copy), even=taken.even)


def read_owners_sound(path: Path) -> tuple[Sound | None, bool]:
    """Read the sound of a clip from where its frames begin.

    Returns:
        float32 ``[S, 2]``, or None where there is none to be had; and whether the clip has one all the same.

    Raises:
        ValueError: a setting is wrong.
        OSError: it can't be opened.
    """
    limits = to_hear(_settings())

    async def take() -> tuple[CleanSound | None, str]:
        async with SoundIntake(limits) as intake:
            return await intake.of_clip(_bytes_of(path, limits.max_bytes))

    taken, note = asyncio.run(take())
    if taken is None:
        return None, bool(note)
    with TemporaryDirectory() as folder:
        copy = Path(folder, "sound.wav")
        copy.write_bytes(taken.wav)
        return read_sound(copy), True


def read_owners_picture(path: Path) -> NDArray[np.uint8]:
    """Read a picture.

    Returns:
        uint8 ``[H, W, 3]``, RGB.

    Raises:
        ValueError, OSError: as :func:`read_owners_clip`.
    """
    limits = for_intake(_settings())

    async def take() -> bytes:
        async with Intake(limits) as intake:
            return (await intake.from_bytes(_bytes_of(path, limits.max_bytes))).png

    try:
        taken = asyncio.run(take())
    except UserError as error:
        raise ValueError(f"{path}: {error}") from error
    picture = cv2.imdecode(np.frombuffer(taken, np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(picture, np.uint8)


def owners_eyes() -> Eyes:
    """The eyes, as far as their weights are installed.

    Raises:
        ValueError: a setting is wrong.
    """
    return Eyes(store_of(_settings()))


def _settings() -> Settings:
    try:
        return load_settings()
    except BadSettings as error:
        raise ValueError(f"A setting is wrong. {error}") from error


def _bytes_of(path: Path, most: int) -> bytes:
    """No more of a file than is needed to see that it is too large."""
    with path.open("rb") as file:
        return file.read(most + 1)
