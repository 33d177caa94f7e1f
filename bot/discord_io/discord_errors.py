"""Why Discord did not do what it was asked, and what follows: one table of its error codes.

A code is of the place (a channel, a thread, a member's direct messages), of the content (what was sent), or
of the moment. Only a code of the content is final, and only for that form of the content. A code that is not
in the table is of the moment: patience loses nothing, and giving up does. docs/delivery.md is made from this.

The codes are those of Discord's page on opcodes and status codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class Sort(StrEnum):
    """What a refusal is about."""

    PLACE = "the place"
    CONTENT = "the content"
    MOMENT = "the moment"


class Trouble(StrEnum):
    """What kept Discord from doing what it was asked. :data:`FOLLOWS` says what follows from each."""

    LATER = "later"
    """Away, overloaded, or the answer was lost: try again; it may have been done."""

    NO_ACCESS = "no access"
    """The bot may not, there and now; it, a moderator or time can mend that."""

    GONE = "gone"
    """The channel, the message or the member cannot be reached that way any more."""

    TOO_LARGE = "too large"
    """The file is over the limit, whatever was said before."""

    TOO_OLD = "too old"
    """A message of more than an hour is edited too often."""

    THINKING = "thinking"
    """It was changed and does not show it: it is an answer that was promised and never given."""

    CONTAINER = "container"
    """The message is a container, and no edit makes a plain one of it."""

    REFUSED = "refused"
    """Discord does not take what was sent in this form."""


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What follows from a trouble.

    Attributes:
        sort: what it is about.
        clip: what happens to a finished clip.
        status: what happens to an edit of the status message.
        told: who hears of it, and where.
    """

    sort: Sort
    clip: str
    status: str
    told: str


_GIVE_UP = "`FRAMEKILN_GIVE_UP_HOURS`"
_KEPT = "the clip is kept for `/mydata export`"

FOLLOWS = {
    Trouble.LATER: Consequence(
        sort=Sort.MOMENT,
        clip=f"is tried again with growing pauses; after {_GIVE_UP} it goes to the member directly",
        status="is tried again",
        told="the status message says that the clip is ready and waits",
    ),
    Trouble.NO_ACCESS: Consequence(
        sort=Sort.PLACE,
        clip=f"waits, and is tried every 30 s; after {_GIVE_UP} it goes to the member directly",
        status="is tried again, with growing pauses when the job is over",
        told="a member whose job came to nothing: in the channel, else directly",
    ),
    Trouble.GONE: Consequence(
        sort=Sort.PLACE,
        clip="goes to the member directly, at once",
        status="a new message, where the old one never said anything; else none",
        told="a member whose job came to nothing: in the channel, else directly",
    ),
    Trouble.TOO_LARGE: Consequence(
        sort=Sort.CONTENT,
        clip=f"is made smaller and tried again, as often as it can be; then the job fails and {_KEPT}",
        status="the words go without the first look",
        told="the member, by the status message",
    ),
    Trouble.REFUSED: Consequence(
        sort=Sort.CONTENT,
        clip=f"is sent once more without words and buttons; then the job fails and {_KEPT}",
        status="ends, when the job is over; until then it is tried again with the next words",
        told="the member: by the status message, else in the channel, else directly",
    ),
    Trouble.TOO_OLD: Consequence(
        sort=Sort.MOMENT,
        clip="does not happen",
        status="a new message takes its place",
        told="nobody has to be",
    ),
    Trouble.THINKING: Consequence(
        sort=Sort.MOMENT,
        clip="does not happen",
        status="a new message takes its place",
        told="nobody has to be",
    ),
    Trouble.CONTAINER: Consequence(
        sort=Sort.CONTENT,
        clip="does not happen",
        status="a new message takes its place",
        told="nobody has to be",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A code of Discord's.

    Attributes:
        code: the number in the answer's JSON.
        meaning: Discord's word for it, shortened.
        trouble: what it is for the bot.
    """

    code: int
    meaning: str
    trouble: Trouble


def _causes(trouble: Trouble, meanings: dict[int, str]) -> dict[int, Cause]:
    return {code: Cause(code=code, meaning=meaning, trouble=trouble) for code, meaning in meanings.items()}


CAUSES = {
    **_causes(
        Trouble.NO_ACCESS,
        {
            20009: "explicit content cannot be sent to these recipients",
            20012: "not authorized to do this with the application",
            20016: "slow mode",
            20024: "under the minimum age",
            20035: "the server's boost level is too low",
            30033: "the thread has too many members",
            40007: "the user is banned from the server",
            40067: "a forum post needs a tag",
            50001: "missing access",
            50009: "the channel's verification level is too high",
            50013: "missing permissions",
            50083: "the thread is archived",
            50095: "the server is not available in this location",
            50097: "the server needs monetization",
            50101: "the server needs more boosts",
            50178: "the account must be verified",
            60003: "two-factor authentication is required",
            160002: "cannot reply without reading the history",
            160005: "the thread is locked",
            160006: "too many active threads",
            160007: "too many active announcement threads",
            400001: "file uploads are limited in this server",
        },
    ),
    **_causes(
        Trouble.GONE,
        {
            10003: "unknown channel",
            10004: "unknown server",
            10007: "unknown member",
            10008: "unknown message",
            10013: "unknown user",
            10015: "unknown webhook",
            10062: "unknown interaction",
            40058: "no messages in a forum channel",
            40094: "the interaction has no follow-up messages left",
            50003: "not in a direct message",
            50005: "the message is another author's",
            50007: "no messages to this user",
            50008: "no messages in a channel without text",
            50021: "not on a system message",
            50024: "not in a channel of this type",
            50027: "the interaction's token is no longer valid",
            50033: "invalid recipients",
            50055: "invalid server",
            50278: "no messages to this user: no server in common",
            220001: "a forum's webhook needs a thread",
            220003: "a webhook makes threads in forums only",
            220004: "no webhooks in a forum channel",
        },
    ),
    **_causes(
        Trouble.TOO_LARGE,
        {
            40005: "the request is too large",
            50045: "the file is larger than the limit",
        },
    ),
    **_causes(
        Trouble.REFUSED,
        {
            10014: "unknown emoji",
            20031: "words that are not allowed",
            30015: "too many attachments",
            50006: "an empty message",
            50035: "an invalid form",
            50046: "an invalid file",
            50068: "an invalid type of message",
            50081: "an invalid sticker",
            50109: "invalid JSON",
            50110: "the file is invalid",
            50123: "the type of the file is invalid",
            50151: "an invalid emoji",
            200000: "blocked by automatic moderation",
            200001: "the title is blocked by automatic moderation",
            240000: "blocked by the filter of harmful links",
        },
    ),
    **_causes(Trouble.TOO_OLD, {30046: "too many edits of a message older than an hour"}),
    **_causes(
        Trouble.LATER,
        {
            10012: "unknown token",
            20022: "too many edits of an announcement",
            20028: "the channel has hit its write limit",
            20029: "the server has hit its write limit",
            40001: "unauthorized",
            40002: "the account must be verified",
            40003: "direct messages are opened too fast",
            40004: "sending messages is switched off for a while",
            40006: "the feature is switched off for a while",
            40012: "the connection was revoked",
            40043: "the interaction could not be sent",
            40060: "the interaction has an answer already",
            40062: "the service is rate limited",
            40333: "Cloudflare is in the way",
            50014: "invalid authentication token",
            50041: "invalid API version",
            50067: "invalid origin of the request",
            50146: "the uploaded file was not found",
            110001: "the application is not available yet",
            130000: "the API is overloaded",
        },
    ),
}


def trouble_of(status: int, code: int) -> Trouble:
    """What an answer of Discord's means.

    Args:
        status: the HTTP status, 400 or more.
        code: the number in the answer's JSON; 0 where there is none.
    """
    known = CAUSES.get(code)
    if known is not None:
        return known.trouble
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Trouble.TOO_LARGE
    return Trouble.NO_ACCESS if status == HTTPStatus.FORBIDDEN else Trouble.LATER
