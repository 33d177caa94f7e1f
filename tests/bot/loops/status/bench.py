"""What tests of the status board share."""

from __future__ import annotations

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError
from tests.bot.fixtures import CHANNEL

MESSAGE = 900


async def with_message(queue, job, message=MESSAGE):
    await queue.delivery.set_status_message(job.id, CHANNEL, message)
    return await queue.jobs.get(job.id)


def edits(messenger) -> list[str]:
    return [call.args[2] for call in messenger.edit.call_args_list]


def refusing(trouble: Trouble) -> ChannelError:
    return ChannelError(trouble, "the fake said so")


async def is_final(queue, job) -> bool:
    return (await queue.jobs.get(job.id)).status_final
