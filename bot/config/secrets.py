"""What must never be shown: tokens, signatures of addresses, passwords of proxies."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

BOT_TOKEN = re.compile(r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")
"""A bot's token: an id, a time and a signature."""

_SHAPED = re.compile(
    rf"{BOT_TOKEN.pattern}"
    r"|(?<=/webhooks/)\d+/[^\s/?\"'<>]+"  # an interaction's token
    r"|(?<=/interactions/)\d+/[^\s/?\"'<>]+"
    r"|\bfkw1\.[\w-]{40,}"  # an invitation of a worker
    r"|\bSU[A-Z2-7]{56}\b"  # the secret key in one
    r"|(?<=[?&])(?:ex|is|hm)=[^\s&\"'<>]+"  # the signature of an attachment's address
    r"|(?<=://)[^\s/@\"'<>]+(?=@)"  # the name and password of an address
)

DISCORD_TOKEN = re.compile(rf"{BOT_TOKEN.pattern}|mfa\.[\w-]{{20,}}")
"""A bot's token, or that of somebody's account."""

TOKEN = re.compile(
    rf"{DISCORD_TOKEN.pattern}|\b(?:hf|gh[a-z]|github_pat|glpat|sk|xox[a-z])[_-]\w[\w-]{{15,}}"
)
"""What is a token without doubt: a bot's, or one of the services that owners of models and code have."""

_TOKEN_LIKE = re.compile(
    # A long word with letters of both cases: other services' keys, and pieces of a token.
    r"(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}"
)


_THREE_PARTS = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}")


def bare_token(text: str) -> str:
    """A bot's token without what a copied line brings along: blanks and quotes."""
    return text.strip().strip("\"'")


def has_form_of_token(text: str) -> bool:
    """Whether this could be a bot's token: three parts with dots. Their lengths are Discord's to change."""
    return _THREE_PARTS.fullmatch(text) is not None


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace what is known or shaped like a secret.

    Args:
        text: a line of the log, or a whole traceback.
        secrets: exact values that must not appear.
    """
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _SHAPED.sub(HIDDEN, text)


def hide_token(text: str) -> str:
    """Replace what is a token without doubt, whoever's it is."""
    return TOKEN.sub(HIDDEN, hide(text))


def hide_token_like(text: str) -> str:
    """Replace more than :func:`hide`: whatever could be a token, in a text that is about a setting.

    A long file name with capitals and digits goes too. So this is for values that somebody has typed in,
    and not for the log.
    """
    return _TOKEN_LIKE.sub(HIDDEN, hide_token(text))
