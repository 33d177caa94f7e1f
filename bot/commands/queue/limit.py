"""``/queue limit``: how much members, roles or the whole server may ask for, and when their turn comes."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import ModeratorGroup, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.text import limit_texts
from db.jobs.allowances import Allowance, Precedence, Spent, Whose

MOST_WAITING = 500
MOST_AN_HOUR = 1000
MOST_SECONDS_A_DAY = 86_400

Whom = discord.Role | discord.Member

TURNS = [app_commands.Choice(name=limit_texts.PRECEDENCES[each], value=each.name) for each in Precedence]
SPENT = [app_commands.Choice(name=limit_texts.SPENT[spent], value=spent.value) for spent in Spent]


class LimitGroup(
    ModeratorGroup,
    name="limit",
    description="Limits on what members can ask for, and their turn in the queue",
):
    """Commands about the limits of this server. The owner's own limits stand above them."""

    order = 60

    @app_commands.command(name="set", description="Set limits for everyone here, a role or a member")
    @app_commands.describe(
        whom="A role or a member. Leave empty for everyone in this server",
        waiting="Jobs each member can have waiting; 0 for none",
        hour="Jobs each member can ask for in an hour; 0 for none",
        day="Seconds of drawing time each member can use in 24 hours",
        turn="When their jobs get their turn",
        spent="What happens when their drawing time is used up",
        reason="Reason, for the log",
    )
    @app_commands.choices(turn=TURNS, spent=SPENT)
    async def allow(
        self,
        interaction: Interaction,
        whom: Whom | None = None,
        waiting: app_commands.Range[int, 0, MOST_WAITING] | None = None,
        hour: app_commands.Range[int, 0, MOST_AN_HOUR] | None = None,
        day: app_commands.Range[int, 0, MOST_SECONDS_A_DAY] | None = None,
        turn: app_commands.Choice[str] | None = None,
        spent: app_commands.Choice[str] | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Change what is allowed; what is left out stays as it was."""
        wanted = Allowance(
            waiting=waiting,
            hour=hour,
            day=day,
            precedence=None if turn is None else Precedence[turn.value],
            spent=None if spent is None else Spent(spent.value),
        )
        if wanted.empty:
            await self._say(interaction, limit_texts.NOTHING_SAID)
            return
        kind, target = _meant(interaction, whom)
        audit_entry = self._audit_entry(interaction, "limit", _target(kind, target), reason)
        now_allowed = await self._app.queue.allowances.allow(kind, target, wanted, audit_entry)
        await self._say(interaction, limit_texts.allowance_line(kind, target, now_allowed))

    @app_commands.command(name="clear", description="Clear the limits of this server, a role or a member")
    @app_commands.describe(
        whom="A role or a member. Leave empty for this server's own limits", reason="Reason, for the log"
    )
    async def forget(
        self,
        interaction: Interaction,
        whom: Whom | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Take an allowance back."""
        kind, target = _meant(interaction, whom)
        audit_entry = self._audit_entry(interaction, "limit clear", _target(kind, target), reason)
        gone = await self._app.queue.allowances.reset(kind, target, audit_entry)
        await self._say(interaction, limit_texts.CLEARED if gone else limit_texts.NOTHING_TO_CLEAR)

    @app_commands.command(name="show", description="Show the limits in this server")
    async def show(self, interaction: Interaction) -> None:
        """Show the allowances of this server, and the owner's limits above them."""
        kept = await self._app.queue.allowances.of_guild(guild_of(interaction))
        await self._say(interaction, limit_texts.allowances_page(kept, self._app.submissions.rules.limits))


def _meant(interaction: Interaction, whom: Whom | None) -> tuple[Whose, int]:
    if whom is None:
        return Whose.GUILD, guild_of(interaction)
    return (Whose.ROLE if isinstance(whom, discord.Role) else Whose.MEMBER), whom.id


def _target(kind: Whose, whom: int) -> str:
    return "server" if kind is Whose.GUILD else f"{kind} {whom}"
