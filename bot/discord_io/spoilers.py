"""Which of a member's files were sent hidden until they are clicked."""

from __future__ import annotations

import discord

from bot.intake.attachment import Remembered

_STILL = frozenset({"image/jpeg", "image/png"})
_OTHER_BIT = 1 << 5


def is_spoiler(file: object) -> bool:
    """Whether a file was sent as a spoiler: by its name, or by Discord's flag.

    Libraries disagree about the bit of the flag: 3 (discord.py, as IS_SPOILER), or 5, which others call
    IS_ANIMATED. On a still picture bit 5 counts as well: a clip behind a spoiler by mistake costs a click;
    one in the open by mistake cannot be taken back.

    Args:
        file: an attachment; anything else, an avatar say, is none.
    """
    if isinstance(file, Remembered):
        return file.spoiler
    if not isinstance(file, discord.Attachment):
        return False
    still = (file.content_type or "").split(";")[0] in _STILL
    return file.is_spoiler() or (still and bool(file.flags.value & _OTHER_BIT))
