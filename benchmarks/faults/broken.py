"""Bots that are broken on purpose, to see that the sweep notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bot.requests.submission
from bot.discord_io.messenger import Messenger
from bot.discord_io.replies import Answer, defer
from bot.loops.delivery import Deliverer


def _no_look_up() -> None:
    """Post again without looking for an earlier post; the nonce hides it, for a while."""

    async def found(*_: Any) -> bool:
        return False

    Deliverer._found = found  # type: ignore[method-assign,assignment]  # noqa: SLF001 - it is to be broken


def _early_answer() -> None:
    """Tell the member that the job waits before it is written down."""

    async def answer(interaction: Any, *, private: bool = False) -> Answer | None:
        answered = await defer(interaction, private=private)
        await interaction.edit_original_response(content="waiting")
        return answered

    bot.requests.submission.defer = answer  # type: ignore[attr-defined]


def _no_last_word() -> None:
    """Never edit a status message, and believe that it was."""

    async def edit(*_: Any) -> None:
        return

    Messenger.edit = edit  # type: ignore[method-assign,assignment]


BROKEN: dict[str, Callable[[], None]] = {
    "no-look-up": _no_look_up,
    "early-answer": _early_answer,
    "no-last-word": _no_last_word,
}
