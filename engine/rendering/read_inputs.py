"""A member's files, decoded. The bot wrote them itself at intake; no stranger's file is read here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from engine.clips.ffmpeg import EncodeFailed
from engine.clips.join import last_picture
from engine.clips.pcm import read_sound
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.errors import Unsupported
from engine.core.family import Inputs, Picture, SourceClip
from engine.core.recipe import Recipe, Role, SoundSource
from engine.core.sentence import Sentence
from engine.core.sound import Sound
from engine.vision.crop import cropped

_SAME_RATE = 0.01
"""Frames per second; containers round."""


def read_inputs(recipe: Recipe, files: Mapping[str, Path], cancel: CancelToken) -> Inputs:
    """Read the files of a render, by role. For a continued clip, the picture is its last frame.

    Raises:
        Unsupported: one of them cannot be read any more.
        Cancelled: a stop was asked for.
    """
    before = _read_clip(files.get(Role.BEFORE))
    picture = _shown(recipe, Role.PICTURE, files)
    if before is not None:
        if abs(before.fps - recipe.fps) > _SAME_RATE:
            raise Unsupported(Sentence("The clip to continue has a different frame rate."))
        picture = last_picture(before.frames, recipe.width, recipe.height)
    elif recipe.before is not None:
        raise Unsupported(Sentence("The clip to continue is missing."))
    inputs = Inputs(
        picture=picture,
        end=_shown(recipe, Role.END, files),
        like=_read_picture(files.get(Role.LIKE)),
        reference=_read_clip(files.get(Role.REFERENCE)),
        before=before,
        sound=_read_sound(files.get(Role.SOUND)),
    )
    if recipe.sound is SoundSource.GIVEN and inputs.sound is None:
        raise Unsupported(Sentence("The sound of this job is missing."))
    cancel.check()
    return inputs


def _shown(recipe: Recipe, role: Role, files: Mapping[str, Path]) -> Picture | None:
    """A picture; of one that is to be cropped around what it is about, the part that is left."""
    picture, at = _read_picture(files.get(role)), recipe.crops.get(role)
    if picture is None or at is None:
        return picture
    return cropped(picture, recipe.width / recipe.height, at)


def _read_picture(path: Path | None) -> Picture | None:
    if path is None:
        return None
    decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise Unsupported(Sentence("The picture of this job can no longer be read."))
    return np.ascontiguousarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _read_clip(path: Path | None) -> SourceClip | None:
    if path is None:
        return None
    try:
        return read_clip(path)
    except ValueError as error:
        raise Unsupported(Sentence("The clip of this job can no longer be read.")) from error


def _read_sound(path: Path | None) -> Sound | None:
    if path is None:
        return None
    try:
        return read_sound(path)
    except EncodeFailed as error:
        raise Unsupported(Sentence("The sound of this job can no longer be read.")) from error
