"""Texts about machines of other people that draw, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from bot.text.wording import Text
from db.fleet.workers import Trust

HOLDS_NOW = {
    Trust.OWN: Text("Clips of this server are drawn on machines of the bot's owner only."),
    Trust.FRIEND: Text("Clips of this server may be drawn on machines of the owner's friends."),
    Trust.PUBLIC: Text(
        "Clips of this server may be drawn on anybody's machine, if they need no member's picture, "
        "clip or sound. Machines of the owner's friends may draw all of them."
    ),
}
CHOSEN = {
    Trust.OWN: Text(
        "Done. Clips of this server are drawn on machines of the bot's owner only, from the next one on."
    ),
    Trust.FRIEND: Text(
        "Done. Clips of this server may be drawn on machines of the owner's friends. Words, "
        "pictures, clips and sounds are sent there, without names. I check each clip, but "
        "nobody can see what the owner of such a machine keeps. Please tell your members."
    ),
    Trust.PUBLIC: Text(
        "Done. Clips of this server may be drawn on any machine, if they need no member's "
        "picture, clip or sound; machines of the owner's friends may draw all of them. Words are sent there, "
        "without names. I check each clip, but nobody can see what the owner of such a machine keeps. Please "
        "tell your members."
    ),
}
