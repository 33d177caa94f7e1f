"""Who may ask, and how much of everything at once, so that nobody keeps the bot from the others."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from bot.config.choices import DirectMessages


class Crowding(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    per_member_at_once: int = Field(
        1,
        ge=1,
        description="Requests of a member that are taken in at the same time; buttons, exports and erasures "
        "are counted separately.",
    )
    per_member_running: int = Field(
        2,
        ge=1,
        description="Jobs of a member that are drawn at the same time while others wait for these engines.",
    )
    member_share: float = Field(
        0.75,
        gt=0,
        le=1,
        description="Share of the engines that draw for one member while nobody else waits, where there are "
        "four or more. The rest begins at once for whoever comes next.",
    )
    per_guild_at_once: int = Field(
        10, ge=1, description="Requests of a server that are taken in at the same time."
    )
    per_guild_in_line: int = Field(
        100,
        ge=0,
        description="More requests of a server that can wait until they are taken in, one of each member.",
    )
    in_line_seconds: float = Field(
        30.0,
        gt=0,
        le=300,
        description="Most seconds that such a request waits. Then the member is asked to try again.",
    )
    downloads: int = Field(
        4, ge=1, description="Pictures downloaded at the same time; clips are counted separately."
    )
    files_waiting: int = Field(
        100, ge=1, description="Most pictures, and most clips, that can wait to be downloaded or read."
    )
    max_reports: int = Field(
        10, ge=1, description="Most clips a member can report in a server within 24 hours."
    )
    exports_waiting: int = Field(
        20,
        ge=1,
        description="Most members whose /mydata export can wait, and most who can wait for a sticker; one of "
        "each is made at a time.",
    )
    fair_half_life_hours: float = Field(
        6.0,
        gt=0,
        le=720,
        description="Hours after which used engine time counts only half in the queue order.",
    )
    fair_stretch: float = Field(
        10.0, ge=0, description="Seconds a request moves back for each engine second its member has used."
    )
    fair_most_minutes: float = Field(
        120.0, ge=0, description="Most minutes a request moves back because of its member."
    )
    fair_server_stretch: float = Field(
        1.0, ge=0, description="Seconds a request moves back for each engine second its server has used."
    )
    fair_server_most_minutes: float = Field(
        60.0, ge=0, description="Most minutes a request moves back because of its server."
    )
    direct_messages: DirectMessages = Field(
        DirectMessages.OFF,
        description="Who may ask in [direct messages, group DMs and servers that have not added the bot]"
        "(direct-messages.md): off, servers (members of a server that has) or anyone.",
    )
    stranger_day: int = Field(
        3,
        ge=1,
        le=1000,
        description="Clips in 24 hours for somebody who shares no server with the bot.",
    )
    stranger_waiting: int = Field(
        1, ge=1, le=100, description="Jobs that can wait for somebody who shares no server with the bot."
    )
    strangers_waiting: int = Field(
        20,
        ge=1,
        le=10_000,
        description="Jobs that can wait, for each engine, for all who share no server with the bot. They are "
        "drawn when no server's jobs are waiting.",
    )
