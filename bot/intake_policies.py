"""From the settings to what members' and other machines' files may be."""

from __future__ import annotations

import math
from dataclasses import replace

from bot.config.settings import Settings
from bot.intake.clip_intake import ClipIntakeLimits
from bot.intake.picture_intake import IntakeLimits
from bot.intake.sound_intake import SoundIntakeLimits

CLIP_DECODERS = 1
"""Clips, and sounds, that are read at the same time: reading a clip keeps every processor busy."""
JUDGED_BYTES = 512 * 2**20
"""The most that a clip may grow to when it is decoded for the owner; frames without loss are large."""
SMALLEST_SIDE = 16
"""Pixels: first looks are small."""


def for_checked_clips(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that such a machine drew: no more than any clip that is made."""
    side, seconds = _made_side(settings), _made_seconds(settings)
    return replace(
        to_judge(settings),
        max_bytes=settings.max_clip_bytes,
        max_pixels=side * side,
        min_side=SMALLEST_SIDE,
        max_side=side,
        max_aspect=side / SMALLEST_SIDE,
        working_side=side,
        max_seconds=seconds,
        keep_seconds=seconds,
        max_frames=math.ceil(seconds * settings.max_fps),
        max_fps=settings.max_fps + 1,
        working_fps=math.ceil(settings.max_fps),
    )


def _made_side(settings: Settings) -> int:
    """Pixels of the longest side of any clip that is made."""
    return max(settings.max_side, settings.max_upscaled_side)


def _made_seconds(settings: Settings) -> float:
    """More than the longest clip that is made has."""
    return max(settings.max_seconds, settings.max_extended_seconds) + 1


def for_intake(settings: Settings) -> IntakeLimits:
    """What a picture may be."""
    return IntakeLimits(
        max_bytes=settings.max_picture_bytes,
        max_pixels=settings.max_picture_pixels,
        min_side=settings.min_picture_side,
        max_side=settings.max_picture_side,
        max_aspect=settings.max_picture_aspect,
        download_seconds=settings.download_seconds,
        decode_wall_seconds=settings.decode_seconds,
        decode_memory=settings.decode_memory,
        look_seconds=settings.look_seconds,
        decoders=settings.decoders,
        downloads=settings.downloads,
        waiting=settings.files_waiting,
    )


def for_clips(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be. No more of it is kept than the longest clip that is made."""
    return ClipIntakeLimits(
        max_bytes=settings.max_video_bytes,
        max_pixels=settings.max_video_pixels,
        max_side=settings.max_video_side,
        max_seconds=settings.max_video_seconds,
        keep_seconds=settings.max_seconds,
        download_seconds=settings.download_seconds,
        decode_wall_seconds=settings.video_decode_seconds,
        decode_cpu_seconds=math.ceil(settings.video_decode_seconds),
        decode_memory=settings.decode_memory,
        decoders=CLIP_DECODERS,
        downloads=settings.downloads,
        waiting=settings.files_waiting,
    )


def for_sounds(settings: Settings) -> SoundIntakeLimits:
    """What a sound may be. No more of it is kept than the longest clip that is made."""
    return SoundIntakeLimits(
        max_bytes=settings.max_sound_bytes,
        max_seconds=settings.max_sound_seconds,
        keep_seconds=settings.max_seconds,
        download_seconds=settings.download_seconds,
        decode_wall_seconds=settings.sound_decode_seconds,
        decode_cpu_seconds=math.ceil(settings.sound_decode_seconds),
        decode_memory=settings.decode_memory,
        decoders=CLIP_DECODERS,
        downloads=settings.downloads,
        waiting=settings.files_waiting,
    )


def to_judge(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that the owner has judged: every frame counts, and none may be changed.

    It may be any clip that a member can send, and any that is made.
    """
    limits = for_clips(settings)
    side = max(limits.max_side, _made_side(settings))
    seconds = max(limits.max_seconds, _made_seconds(settings))
    return replace(
        limits,
        exact=True,
        max_bytes=max(limits.max_bytes, settings.max_clip_bytes),
        max_pixels=side * side,
        max_side=side,
        max_aspect=side / limits.min_side,
        max_seconds=seconds,
        keep_seconds=seconds,
        max_frames=math.ceil(seconds * limits.max_fps),
        working_side=side,
        working_fps=math.ceil(limits.max_fps),
        max_result_bytes=JUDGED_BYTES,
    )


def to_upscale(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that the owner has upscaled: no pixel is changed, and it stays with its sound."""
    return replace(to_judge(settings), timely=True)


def to_hear(settings: Settings) -> SoundIntakeLimits:
    """What a clip may be that the owner has listened to: all of its sound is kept."""
    clips = to_judge(settings)
    return replace(
        for_sounds(settings),
        max_bytes=clips.max_bytes,
        max_seconds=clips.max_seconds,
        keep_seconds=clips.keep_seconds,
    )


def from_elsewhere(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that another machine drew: every frame counts, and it may be large."""
    return replace(_from_machines(settings), max_bytes=settings.comfyui_clip_bytes)


def for_hosted_clips(settings: Settings) -> ClipIntakeLimits:
    """The same for one that a service drew."""
    return replace(_from_machines(settings), max_bytes=settings.hosted_clip_bytes)


def _from_machines(settings: Settings) -> ClipIntakeLimits:
    """A stranger's frames are all in memory at once: there are no more of them than a member may send."""
    return replace(to_judge(settings), max_frames=for_clips(settings).max_frames)
