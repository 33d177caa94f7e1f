"""What a command that asks for a clip was given: submitted at once, or written down to be submitted later."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.discord_io.interactions import Interaction, say
from bot.discord_io.spoilers import is_spoiler
from bot.discord_io.whereabouts import guild_of
from bot.intake.attachment import Attachment, Remembered
from bot.requests.options import ANIMATE, RESTYLE, TEXT2VIDEO, ClipCommand
from bot.requests.preferring import Preferring
from bot.requests.submission import Submissions
from bot.text.foreign import refusal
from engine.core.errors import UserError
from engine.core.recipe import Helped, Role

COMMANDS = {command.name: command for command in (ANIMATE, TEXT2VIDEO, RESTYLE)}
"""By their names: those that can be written down."""


@dataclass(frozen=True, kw_only=True)
class Commanded:
    """What a command was given.

    Attributes:
        command: which one.
        values: by the names of its options, without files; None where one was left open.
        files: by what they are for.
        takes: how many drafts the member wants to choose from; 0: none.
        private: only they are to see the clip.
    """

    command: ClipCommand
    values: Mapping[str, Any]
    files: Mapping[Role, Attachment]
    takes: int = 0
    private: bool = False

    @property
    def words(self) -> str:
        """What the member wrote; "" where they wrote nothing."""
        return self.values.get("prompt") or ""

    def to_json(self) -> str:
        """What is written down."""
        files = {
            role: {"url": file.url, "size": file.size, "spoiler": is_spoiler(file)}
            for role, file in self.files.items()
        }
        told = {"command": self.command.name, "values": dict(self.values), "files": files}
        return json.dumps({**told, "takes": self.takes, "private": self.private}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        told = json.loads(text)
        return cls(
            command=COMMANDS[told["command"]],
            values=told["values"],
            files={Role(role): Remembered(**file) for role, file in told["files"].items()},
            takes=told["takes"],
            private=told["private"],
        )

    async def submit(
        self, interaction: Interaction, *, helped: Helped | None = None, key: str | None = None
    ) -> None:
        """Add the member's defaults, and ask for the clip.

        Args:
            interaction: the member's.
            helped: a language model wrote the words.
            key: what may be done once only; None: as often as it is asked for.
        """
        preferring = interaction.client.part(Preferring)
        submissions = interaction.client.part(Submissions)
        given = await preferring.added(guild_of(interaction), interaction.user.id, self.command, self.values)
        try:
            request = submissions.request_for(self.command, given.values, self.files)
            wished = submissions.request_for(self.command, given.together, self.files)
        except UserError as error:
            await say(interaction, refusal(error))
            return
        request, wished = (dataclasses.replace(one, helped=helped) for one in (request, wished))
        await submissions.ask(
            interaction,
            request,
            self.files,
            wished=(wished, given) if given.defaults else None,
            takes=self.takes,
            private=self.private,
            key=key,
        )
