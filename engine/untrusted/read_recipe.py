"""The process that reads the recipe out of a stranger's clip, and ends. Nothing of the clip is decoded.

The file comes by standard input, one line of JSON leaves by standard output: the recipe's text, or why there
is none. Run by :mod:`bot.intake.clip_intake` as ``python -I`` with an empty environment. By hand, from
the project's folder::

    python -m engine.untrusted.read_recipe '{}' < clip.mp4
"""

from __future__ import annotations

import json
import sys
import traceback

import system
from engine.clips.mp4 import metadata_in
from engine.untrusted.clip_headers import ClipForm, ClipLimits, ClipRefusal, ClipRefused, recognise
from engine.untrusted.foreign_recipe import NotARecipe, read_foreign

MOST_TEXT = 30_000
"""Characters of a recipe; a member's prompt is a few hundred."""

_OPEN_FILES = 32
_CPU_SECONDS = 5


def main() -> int:
    """Read limits from the arguments and a clip from standard input; write the answer."""
    limits = ClipLimits(**json.loads(sys.argv[1]))
    system.confine(
        cpu_seconds=_CPU_SECONDS, memory=limits.decode_memory, open_files=_OPEN_FILES, file_bytes=0
    )
    try:
        answer: dict[str, object] = {"recipe": recipe_in(sys.stdin.buffer.read(limits.max_bytes + 1), limits)}
    except ClipRefused as refused:
        answer = {"code": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"code": ClipRefusal.MEMORY, "facts": {}}
    except Exception:  # noqa: BLE001 - a fault of ours: the parent logs it, and the member gets an answer
        answer = {"code": ClipRefusal.DECODER, "facts": {}, "detail": traceback.format_exc()[-4000:]}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()
    return 0


def recipe_in(data: bytes, limits: ClipLimits) -> str:
    """The recipe inside a clip, as JSON that holds nothing but values within their bounds.

    Raises:
        ClipRefused: it is no MP4 as we make them, or (``E_RECIPE``) no recipe of ours is in it.
    """
    if len(data) > limits.max_bytes:
        raise ClipRefused(ClipRefusal.BYTES)
    if recognise(data, limits) is not ClipForm.MP4:
        raise ClipRefused(ClipRefusal.RECIPE)
    try:
        text = metadata_in(data).get("comment", "")
        if len(text) > MOST_TEXT:
            raise ClipRefused(ClipRefusal.RECIPE)
        return read_foreign(text).model_dump_json()
    except NotARecipe as error:
        raise ClipRefused(ClipRefusal.RECIPE) from error
    except ValueError as error:  # a box that does not fit, where the clip's own words lie
        raise ClipRefused(ClipRefusal.CORRUPT) from error


if __name__ == "__main__":
    sys.exit(main())
