"""A small, honest fake of Discord over real sockets: REST, gateway, CDN, and the members who use them."""

from tests.fake_discord.drive import Impossible
from tests.fake_discord.faults import (
    HONEST,
    Answers,
    Cut,
    Endless,
    LostAnswer,
    RateLimit,
    Redirect,
    Slow,
    Status,
    TooLarge,
    Trickle,
    Truncated,
    Upload,
)
from tests.fake_discord.interactions import Interaction, Response
from tests.fake_discord.message import Attachment, Message, Version
from tests.fake_discord.people import ALL, EVERYONE, Channel, Guild, Member, Permission, Role, User
from tests.fake_discord.server import TOKEN, FakeDiscord

__all__ = [
    "ALL",
    "EVERYONE",
    "HONEST",
    "TOKEN",
    "Answers",
    "Attachment",
    "Channel",
    "Cut",
    "Endless",
    "FakeDiscord",
    "Guild",
    "Impossible",
    "Interaction",
    "LostAnswer",
    "Member",
    "Message",
    "Permission",
    "RateLimit",
    "Redirect",
    "Response",
    "Role",
    "Slow",
    "Status",
    "TooLarge",
    "Trickle",
    "Truncated",
    "Upload",
    "User",
    "Version",
]
