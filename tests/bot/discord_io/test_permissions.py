"""Who may know of a job: its member, the moderators of its server, and whoever can see its channel."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest

from bot.discord_io.permissions import may_see, sees_channel
from bot.discord_io.places import missing_of
from bot.text import community_texts
from tests.bot.fixtures import ANN, BEN, CHANNEL, GUILD

ELSEWHERE = 99


def member(guild, *, user=BEN):
    made = create_autospec(discord.Member, instance=True)
    made.id, made.guild, made.roles = user, guild, []
    return made


def interaction(channel=None, *, user=BEN, guild=GUILD, at=ELSEWHERE, manages=False):
    """A click of a member's, in another channel than the job's; the bot knows the job's as ``channel``."""
    place = SimpleNamespace(get_channel_or_thread=lambda wanted: channel if wanted == CHANNEL else None)
    return SimpleNamespace(
        guild_id=guild, guild=place, channel_id=at, user=member(place, user=user),
        permissions=discord.Permissions(manage_guild=manages), extras={},
    )  # fmt: skip


def text_channel(**allowed):
    made = create_autospec(discord.TextChannel, instance=True)
    made.permissions_for.return_value = discord.Permissions(**allowed)
    return made


def thread(parent, *, private):
    made = create_autospec(discord.Thread, instance=True)
    made.parent = parent
    made.is_private.return_value = private
    return made


OPEN = {"view_channel": True, "read_message_history": True}


@pytest.mark.parametrize(
    ("channel", "seen"),
    [
        (text_channel(**OPEN), True),
        (text_channel(read_message_history=True), False),
        (text_channel(view_channel=True), False),
        (None, False),
        (thread(text_channel(**OPEN), private=False), True),
        (thread(text_channel(), private=False), False),
        (thread(text_channel(**OPEN), private=True), False),
        (thread(text_channel(**OPEN, manage_threads=True), private=True), True),
        (thread(None, private=False), False),
    ],
    ids=[
        *(
            "open",
            "hidden",
            "only what comes now",
            "gone or archived",
            "thread",
            "thread in a hidden channel",
        ),
        *("private thread", "private thread of who manages threads", "thread without its channel"),
    ],
)
def test_a_channel_is_seen_as_discord_says_and_otherwise_not(channel, seen):
    assert sees_channel(interaction(channel), CHANNEL) is seen


def test_whoever_acts_from_a_channel_sees_it():
    assert sees_channel(interaction(None, at=CHANNEL), CHANNEL)


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (interaction(None, user=ANN), True),
        (interaction(None, manages=True), True),
        (interaction(None), False),
        (interaction(text_channel(**OPEN)), True),
        (interaction(text_channel(**OPEN), user=ANN, guild=5), False),
        (interaction(None, manages=True, guild=5), False),
    ],
    ids=[
        "its member",
        "moderator",
        "member",
        "member who sees",
        "its member elsewhere",
        "moderator elsewhere",
    ],
)
def test_a_jobs_id_is_enough_for_nothing(who, seen):
    job: Any = SimpleNamespace(guild_id=GUILD, channel_id=CHANNEL, user_id=ANN, private=False)
    assert may_see(who, job, ()) is seen


@pytest.mark.parametrize(
    ("lacks", "in_thread", "missing"),
    [
        ({"send_messages_in_threads"}, True, ("send_messages_in_threads",)),
        ({"send_messages_in_threads"}, False, ()),
        ({"send_messages"}, False, ("send_messages",)),
        ({"send_messages"}, True, ()),
        ({"view_channel", "attach_files"}, False, ("view_channel", "attach_files")),
    ],
)
def test_what_keeps_a_clip_from_being_posted_is_named_as_it_is(lacks, in_thread, missing):
    allowed = discord.Permissions.text() | discord.Permissions(view_channel=True)
    allowed.update(**dict.fromkeys(lacks, False))
    assert missing_of(allowed, in_thread=in_thread) == missing
    said = community_texts.may_not_post(missing)
    assert ("Send Messages in Threads" in said) is ("send_messages_in_threads" in missing)
    allowed.update(administrator=True)
    assert missing_of(allowed, in_thread=in_thread) == ()
