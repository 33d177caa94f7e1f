"""Interactions: what a member began, and the routes by which the bot answers."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from tests.fake_discord.bodies import Body, compose
from tests.fake_discord.errors import Reason, Refusal
from tests.fake_discord.limits import choice_faults, modal_faults
from tests.fake_discord.message import EPHEMERAL, LOADING, Message, Version
from tests.fake_discord.people import Channel, Member
from tests.fake_discord.world import World
from tests.until import PATIENCE

FOLLOW_UPS_OUTSIDE = 5
"""Messages after the first answer where the bot is not in the channel."""


class Kind(IntEnum):
    """What a member did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class Answer(IntEnum):
    """What the bot's first answer is."""

    REPLY = 4
    DEFER = 5
    DEFER_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


_ALLOWED = {
    Kind.COMMAND: {Answer.REPLY, Answer.DEFER, Answer.MODAL},
    Kind.COMPONENT: {Answer.REPLY, Answer.DEFER, Answer.DEFER_UPDATE, Answer.UPDATE, Answer.MODAL},
    Kind.AUTOCOMPLETE: {Answer.CHOICES},
    Kind.MODAL_SUBMIT: {Answer.REPLY, Answer.DEFER, Answer.DEFER_UPDATE, Answer.UPDATE},
}


@dataclass(frozen=True, kw_only=True)
class Response:
    """The first answer: its type (Discord's number), its data, and the message it made or changed."""

    type: int
    data: Mapping[str, Any]
    message: Message | None


@dataclass(eq=False, kw_only=True)
class Interaction:
    """What a member began, and all that the bot answered.

    Attributes:
        lost: Nobody was connected to hear it.
        acked_after: Seconds until the first answer, or None.
        followups: Messages beyond the first answer.
    """

    id: int
    token: str
    type: Kind
    member: Member
    channel: Channel
    payload: dict[str, Any]
    source: Message | None = None
    sent_at: float = field(default_factory=time.monotonic)
    lost: bool = False
    acked_after: float | None = None
    response: Response | None = None
    followups: list[Message] = field(default_factory=list)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def age(self) -> float:
        return time.monotonic() - self.sent_at

    @property
    def messages(self) -> list[Message]:
        """What stands in the channel because of this, the first answer first."""
        first = [] if self.response is None or self.response.message is None else [self.response.message]
        return [one for one in [*first, *self.followups] if not one.deleted]

    @property
    def message(self) -> Message | None:
        """The first answer's message."""
        return None if self.response is None else self.response.message

    @property
    def modal(self) -> Mapping[str, Any] | None:
        return (
            self.response.data if self.response is not None and self.response.type == Answer.MODAL else None
        )

    @property
    def choices(self) -> list[Mapping[str, Any]] | None:
        if self.response is None or self.response.type != Answer.CHOICES:
            return None
        return list(self.response.data["choices"])

    @property
    def ephemeral(self) -> bool:
        """Whether only the member sees the first answer."""
        return self.message is not None and self.message.ephemeral

    async def answered(self, timeout: float = PATIENCE) -> Response:  # noqa: ASYNC109 - a test's bound
        """Wait for the first answer; TimeoutError where none comes."""
        async with asyncio.timeout(timeout):
            await self._answered.wait()
        assert self.response is not None
        return self.response

    async def shown(self, timeout: float = PATIENCE) -> Message:  # noqa: ASYNC109 - a test's bound
        """Wait until the member sees a message rather than "thinking…"; TimeoutError where never."""
        async with asyncio.timeout(timeout):
            while not (self.messages and not self.messages[0].loading):  # noqa: ASYNC110 - edits are no event
                await asyncio.sleep(0.005)
        return self.messages[0]

    def settle(self, response: Response) -> None:
        """Record the first answer."""
        self.response = response
        self.acked_after = self.age
        self._answered.set()


class Interactions:
    """All interactions by token, and what the bot's requests about them do.

    Attributes:
        ack_seconds: How long the first answer may take.
        token_seconds: How long the token lives.
    """

    def __init__(self, world: World) -> None:
        self.ack_seconds = 3.0
        self.token_seconds = 900.0
        self.all: list[Interaction] = []
        self._world = world

    def answer(self, interaction_id: int, token: str, body: Body) -> dict[str, Any]:
        """POST …/callback. Returns the callback object of `with_response`."""
        found = self._by_token(token)
        if found is None or found.id != interaction_id:
            raise Refusal(Reason.UNKNOWN_INTERACTION)
        if found.response is not None:
            raise Refusal(Reason.ALREADY_ACKNOWLEDGED)
        if found.age > self.ack_seconds:
            raise Refusal(Reason.UNKNOWN_INTERACTION)
        kind, data = body.json["type"], body.json.get("data") or {}
        if kind not in _ALLOWED[found.type] or (
            kind in (Answer.DEFER_UPDATE, Answer.UPDATE) and found.source is None
        ):
            raise Refusal(Reason.INVALID_FORM, f"type {kind} does not answer this interaction")
        message = self._first_message(found, kind, data, body)
        found.settle(Response(type=kind, data=data, message=message))
        said: dict[str, Any] = {
            "interaction": {
                "id": str(found.id),
                "type": found.type,
                "response_message_loading": kind == Answer.DEFER,
                "response_message_ephemeral": found.ephemeral,
            },
            "resource": {"type": kind},
        }
        if message is not None:
            said["interaction"]["response_message_id"] = str(message.id)
            said["resource"]["message"] = message.payload()
        return said

    def follow_up(self, token: str, body: Body) -> Message:
        """POST: a further message, or the first one's text where that still says "thinking…"."""
        found = self._live(token)
        first = found.message
        if first is not None and first.loading and not first.deleted:
            return self.edit(token, "@original", body)
        if not found.channel.has_bot and len(found.followups) >= FOLLOW_UPS_OUTSIDE:
            raise Refusal(Reason.NO_FOLLOW_UPS_LEFT)
        flags = (body.json.get("flags") or 0) & EPHEMERAL
        version = compose(self._world, found.channel, body.json, body.files, keep_flags=flags)
        message = self._post(found, version)
        found.followups.append(message)
        return message

    def message(self, token: str, which: str) -> Message:
        """The message that `@original` or an id stands for."""
        found = self._live(token)
        mine = [*([found.message] if found.message else []), *found.followups]
        for one in mine:
            if not one.deleted and (which == str(one.id) or (which == "@original" and one is found.message)):
                return one
        raise Refusal(Reason.UNKNOWN_MESSAGE)

    def edit(self, token: str, which: str, body: Body) -> Message:
        """PATCH of one of its messages."""
        message = self.message(token, which)
        # "Thinking…" is a message without words, which the first edit fills.
        before = replace(message.now, flags=message.now.flags & ~LOADING)
        version = compose(self._world, message.channel, body.json, body.files, before=before)
        self._world.revise(message, version)
        return message

    def delete(self, token: str, which: str) -> None:
        """DELETE of one of its messages."""
        self._world.remove(self.message(token, which))

    def _first_message(
        self, found: Interaction, kind: int, data: Mapping[str, Any], body: Body
    ) -> Message | None:
        flags = (data.get("flags") or 0) & EPHEMERAL
        match kind:
            case Answer.REPLY:
                return self._post(
                    found, compose(self._world, found.channel, data, body.files, keep_flags=flags)
                )
            case Answer.DEFER:
                return self._post(found, Version(at=time.time(), flags=flags | LOADING))
            case Answer.UPDATE:
                assert found.source is not None
                version = compose(self._world, found.channel, data, body.files, before=found.source.now)
                self._world.revise(found.source, version)
                return found.source
            case Answer.CHOICES:
                faults = choice_faults(data.get("choices") or ())
            case Answer.MODAL:
                faults = modal_faults(data)
            case _:
                return found.source
        if faults:
            raise Refusal(Reason.INVALID_FORM, *faults)
        return None

    def _post(self, found: Interaction, version: Version) -> Message:
        metadata = {
            "id": str(found.id),
            "type": found.type,
            "user": found.member.user.payload(),
            "authorizing_integration_owners": found.payload["authorizing_integration_owners"],
        }
        message = Message(
            id=self._world.ids.next(),
            channel=found.channel,
            author=self._world.bot,
            history=[version],
            type=20 if found.type == Kind.COMMAND and found.response is None else 0,
            metadata=metadata,
            webhook_id=self._world.application_id,
        )
        return self._world.post(message)

    def _live(self, token: str) -> Interaction:
        found = self._by_token(token)
        if found is None or found.response is None:
            raise Refusal(Reason.UNKNOWN_WEBHOOK)
        if found.age > self.token_seconds:
            raise Refusal(Reason.TOKEN_EXPIRED)
        return found

    def _by_token(self, token: str) -> Interaction | None:
        return next((one for one in self.all if one.token == token), None)
