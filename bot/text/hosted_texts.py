"""Texts about clips that a service makes, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.money import shown

FORBIDDEN = "Done. Nothing of yours is sent to a service from now on. What is already there is finished."
AGREED = (
    "Done. When you choose an engine of a service, your picture and words are sent there. Use this command "
    "again to take it back."
)
AGREED_OVERFLOW = (
    "Done. Your picture and words may be sent to a service when you choose one of its engines, and also when "
    "the wait here is long. Use this command again to take it back."
)
ALLOWED_HERE = (
    "Members of this server can now choose engines of services, if they agree to it themselves. Their "
    "pictures and words leave this machine then."
)
FORBIDDEN_HERE = (
    "Engines of services can't be used in this server any more. What is already there is finished."
)
NO_SERVICE = "The owner of this bot uses no service."


def server_has_not_agreed(title: str) -> str:
    """The server's moderators have not allowed services."""
    return f"That engine is at {title}. This server hasn't allowed it; a moderator can, with /queue services."


def not_agreed(title: str, usual: int, most: int) -> str:
    """The member has not agreed that something leaves this machine."""
    told = texts.before_the_click(title, usual, most)
    return (
        f"This clip would be {told}, paid by the owner of this bot. Nothing was sent. "
        "If you agree, use /mydata services, then ask again."
    )


def budget_spent(title: str) -> str:
    """There is no money left today."""
    return texts.budget_spent(title)


def state(*, on: bool, spent: int, budget: int, titles: str) -> str:
    """How it stands, for moderators."""
    return (
        f"Services: {titles}. This server {'has allowed' if on else 'has not allowed'} them. "
        f"Spent today, in all servers: {shown(spent)} of {shown(budget)}."
    )


def nearly_spent(spent: int, budget: int) -> str:
    """The alarm for moderators."""
    share = round(100 * spent / budget)
    return (
        f"💸 {share} % of today's money for services is spent: {shown(spent)} of {shown(budget)}. "
        "When all of it is, their engines wait for 00:00 UTC."
    )
