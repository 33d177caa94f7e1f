"""How all pages look: their colours by day and by night, and what is the same on each of them.

Every pair of colours that text is read in has a contrast of at least 4.5 to 1; a test works it out from here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "ground": "#fbfaf8",
    "raised": "#ffffff",
    "text": "#1d1b18",
    "soft": "#5c574f",
    "line": "#8b8478",
    "accent": "#9a3412",
    "on-accent": "#ffffff",
    "bad": "#a11212",
    "good": "#1c6b33",
}
DARK: Mapping[str, str] = {
    "ground": "#171513",
    "raised": "#211e1b",
    "text": "#efeae2",
    "soft": "#b3ab9e",
    "line": "#7d756a",
    "accent": "#f6a66b",
    "on-accent": "#1a1208",
    "bad": "#ff9c94",
    "good": "#86d69b",
}

READ = (
    *(
        (text, ground)
        for text in ("text", "soft", "accent", "bad", "good")
        for ground in ("ground", "raised")
    ),
    ("on-accent", "accent"),
)
"""Text, and what it stands on."""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#9a3412"/>'
    '<path d="M7 25V15a9 9 0 0 1 18 0v10z" fill="#fbfaf8"/><path d="M13.5 13v8l7-4z" fill="#9a3412"/></svg>'
)
"""A kiln, in which something plays."""

ICON_NAME = "icon.svg"

DARKEST = 0.04045
"""Shares of sRGB up to which light grows in proportion."""

BASE = """
*, *::before { box-sizing: border-box; }
html { color-scheme: light dark; background: var(--ground); }
body { margin: 0; color: var(--text); background: var(--ground); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--accent);
  color: var(--on-accent); }
.skip:focus { left: 0; top: 0; z-index: 1; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
"""


def style(*, more: str) -> str:
    """The style of a page: the colours, what all pages share, and its own."""
    by_night = f"@media (prefers-color-scheme: dark) {{ :root {{ {_as_css(DARK)} }} }}"
    return f":root {{ {_as_css(LIGHT)} }}\n{by_night}\n{BASE}{more}"


def digest(text: str) -> str:
    """Twelve characters that change with a text, for its address."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:12].lower()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 … 21, as WCAG 2.2 has it.

    Args:
        one, other: as ``#rrggbb``.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [share / 12.92 if share <= DARKEST else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _as_css(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
