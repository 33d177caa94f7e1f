"""What members do while something fails: short stories, each of which ends well where nothing does."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from benchmarks.faults.town import Town, has_button
from tests.fake_discord.faults import TooLarge
from tests.fake_discord.message import Message


@dataclass(frozen=True, kw_only=True)
class Story:
    """A story.

    Attributes:
        tell: lets it happen.
        ends: the states in which its jobs may end, whatever fails once.
        from_the_start: what happens before the first request may fail too; one such story is enough.
        cancels: its member wants nothing more in the end, and says so until there is nothing.
    """

    name: str
    tell: Callable[[Town], Coroutine[Any, Any, None]]
    ends: frozenset[str]
    from_the_start: bool = False
    cancels: bool = False

    async def insist(self, town: Town) -> None:
        """Say again what a fault may have kept the bot from hearing."""
        if self.cancels:
            await _cancel(town)


async def _clip(town: Town) -> None:
    """A picture becomes a clip."""
    await town.ask("a cat", with_picture=True)
    await town.clip()


async def _reroll(town: Town) -> None:
    await town.ask("a cat")
    clip = await town.clip()
    again = await town.click(clip, "Reroll")
    if again is not None:
        town.asked.append(again)
        await town.clip(2)


async def _delete(town: Town) -> None:
    await town.ask("a cat")
    clip = await town.clip()
    await town.click(clip, "Delete")
    await town.sees(lambda: clip is None or clip.deleted)


async def _cancel_running(town: Town) -> None:
    await town.ask("wait for it")
    await town.sees(lambda: _drawing(town))
    await _cancel(town)


async def _cancel_waiting(town: Town) -> None:
    await town.ask("wait for it")
    await town.sees(lambda: _drawing(town))
    second = await town.ask("a cat")
    await town.sees(lambda: second is None or [one for one in second.messages if one.components])
    if second is not None and second.messages and second.messages[0].components:
        await town.click(second.messages[0], "Cancel")
    await _cancel(town)
    await _cancel(town)


async def _retake(town: Town) -> None:
    """Two takes are discarded, the third is kept."""
    await town.ask("retake it")
    await town.clip()


async def _fails(town: Town) -> None:
    """One job fails; the next is a clip."""
    await town.ask("fail at it")
    await town.ask("a cat")
    await town.clip()


async def _poison(town: Town) -> None:
    """One job kills each engine that draws it; the next is a clip."""
    await town.ask("crash it")
    await town.ask("a cat")
    await town.clip()


async def _too_large(town: Town) -> None:
    """Discord finds the clip too large; a smaller one passes."""
    town.discord.fail("POST", rf"/channels/{town.channel.id}/messages$", TooLarge())
    await town.ask("a cat")
    await town.clip()


def _drawing(town: Town) -> bool:
    return any("🎨" in one.content for one in town.discord.messages(town.channel)) or town.is_over(1)


async def _cancel(town: Town) -> None:
    """Click Cancel on what can be cancelled, and wait until it is."""
    message = await town.sees(lambda: town.status_with("cancel") or town.is_over(1), 2)
    if isinstance(message, Message):
        await town.click(message, "Cancel")
        await town.sees(lambda: not has_button(message, "cancel"), 2)


STORIES = {
    story.name: story
    for story in (
        Story(name="clip", tell=_clip, ends=frozenset({"delivered"}), from_the_start=True),
        Story(name="reroll", tell=_reroll, ends=frozenset({"delivered"})),
        Story(name="delete", tell=_delete, ends=frozenset({"delivered"})),
        Story(name="cancel-running", tell=_cancel_running, ends=frozenset({"cancelled"}), cancels=True),
        Story(
            name="cancel-waiting",
            tell=_cancel_waiting,
            ends=frozenset({"cancelled", "delivered"}),
            cancels=True,
        ),
        Story(name="retake", tell=_retake, ends=frozenset({"delivered"})),
        Story(name="fails", tell=_fails, ends=frozenset({"failed", "delivered"})),
        Story(name="poison", tell=_poison, ends=frozenset({"quarantined", "delivered"})),
        Story(name="too-large", tell=_too_large, ends=frozenset({"delivered"})),
    )
}
