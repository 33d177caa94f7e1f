"""Draw what members see in Discord: ``python -m examples.draw_discord CLIP.webp OUT.png``.

Every text and button is the bot's own: when one of them changes, the picture is stale, and a test says so.
Pillow's built-in font has no emoji, so :mod:`examples.discord_icons` draws the few that the bot uses.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import discord
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from bot.buttons import rows
from bot.forecast import Wait
from bot.text import messages, status_texts
from db.jobs.job import Job
from db.states import JobId, State
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Camera, Kind, Recipe
from examples.discord_icons import ICONS, PLAY, RED, TEXT, WHITE, Pen, Point

SCALE = 2
WIDTH = 640
MARGIN = 16
LEFT = 72
"""Where a message's text begins, in pixels before scaling; the avatar stands to the left of it."""

BACK, BUTTON, CODE = "#313338", "#4e5058", "#1e1f22"
QUIET, LINK = "#949ba4", "#c9cdfb"
BLUE, GREEN, PILL = "#5865f2", "#248046", "#3c4270"
FILLS = {
    discord.ButtonStyle.primary: BLUE,
    discord.ButtonStyle.danger: RED,
    discord.ButtonStyle.success: GREEN,
    discord.ButtonStyle.secondary: BUTTON,
}
STILL = 23
"""The frame of the clip that is shown: about two seconds in."""

MEMBER = 1
NAMES = {f"<@{MEMBER}>": "@Ada"}
TEXTS = "texts"
"""The PNG's own text chunk that holds what was drawn, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of the bot.

    Attributes:
        command: the command that it answers; "" for a message that answers none.
        content: its text, as Discord gets it.
        buttons: rows of (emoji, label, style).
        clip: a clip is attached.
    """

    command: str
    content: str
    buttons: tuple[tuple[tuple[str, str, discord.ButtonStyle], ...], ...]
    clip: bool = False


def _job(state: State) -> Job:
    """A job that has what the texts and buttons ask of it; everything else is empty."""
    values: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    values |= {"id": JobId("3f9a1c0000000000"), "state": state, "recipe": RECIPE.to_json()}
    return Job(**{**values, "user_id": MEMBER})


RECIPE = Recipe(
    kind=Kind.ANIMATE,
    engine="camera",
    seed=7,
    width=704,
    height=464,
    frames=49,
    native_fps=12,
    fps=24,
    length=96,
    camera=Camera.PUSH_IN,
)
WAIT = Wait(position=2, ahead=1, low=25, middle=35, high=50, own=14)


def _receipt() -> Receipt:
    """The receipt of a clip whose first take was thrown away."""
    takes = (
        TakeRecord(
            number=1,
            seed=7,
            outcome=Outcome.REJECTED,
            score=31,
            reasons=("brightness flickers at 1.6 s",),
            seconds=2.0,
        ),
        TakeRecord(number=2, seed=8, outcome=Outcome.ACCEPTED, score=94, reasons=(), seconds=2.0),
    )
    return Receipt(
        engine="camera",
        takes=takes,
        kept=2,
        forced=False,
        width=704,
        height=464,
        frames=96,
        fps=24.0,
        sha256="0" * 64,
        size=1,
        seconds={"drawing": 4.0, "checking": 2.0, "smoothing": 8.0, "encoding": 1.0},
    )


def _buttons(view: discord.ui.View | None) -> tuple[tuple[tuple[str, str, discord.ButtonStyle], ...], ...]:
    """A view's buttons, row by row."""
    rows: dict[int, list[tuple[str, str, discord.ButtonStyle]]] = {}
    for child in () if view is None else view.children:
        button: Any = getattr(child, "item", child)
        emoji = "" if button.emoji is None else str(button.emoji)
        rows.setdefault(button.row or 0, []).append((emoji, button.label or "", button.style))
    return tuple(tuple(rows[number]) for number in sorted(rows))


async def scene() -> list[Message]:
    """The messages, made by the functions that make them for Discord."""
    waiting, done = _job(State.QUEUED), _job(State.DELIVERED)
    return [
        Message(
            command="/animate",
            content=status_texts.waiting(RECIPE, WAIT, paused=False, restarted=False),
            buttons=_buttons(rows.for_status(waiting)),
        ),
        Message(
            command="",
            content=messages.clip_message(done, RECIPE, _receipt()),
            buttons=_buttons(rows.for_clip(done)),
            clip=True,
        ),
    ]


def texts() -> list[str]:
    """Every text of the picture that comes from the bot, in order."""
    found = []
    for message in asyncio.run(scene()):
        found.append(message.content)
        found += [f"{emoji} {label}".strip() for row in message.buttons for emoji, label, _ in row]
    return found


def font(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's built-in font, so that the picture is the same on every machine."""
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size * SCALE))  # wheels have FreeType


class Page:
    """A canvas whose coordinates are pixels before scaling."""

    def __init__(self, height: float) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, round(height * SCALE)), BACK)
        self._draw = ImageDraw.Draw(self.image)

    def text(self, at: Point, words: str, size: float, fill: str, *, bold: bool = False) -> float:
        """Write words in one style; returns their width."""
        words = words.replace("×", "x")  # the font has no such sign
        typeface, weight = font(size), 0.35 * SCALE if bold else 0
        self._draw.text((at[0] * SCALE, at[1] * SCALE), words, fill, typeface, stroke_width=weight)
        return typeface.getlength(words) / SCALE

    def box(self, at: Point, size: Point, fill: str, radius: float) -> None:
        """A box with round corners; ``at`` is its upper left corner."""
        x, y = at[0] * SCALE, at[1] * SCALE
        ends = (x, y, x + size[0] * SCALE, y + size[1] * SCALE)
        self._draw.rounded_rectangle(ends, radius * SCALE, fill)

    def icon(self, at: Point, emoji: str, size: float) -> None:
        """An emoji, drawn four times too large on a canvas of 32 units a side, then reduced."""
        tile = Image.new("RGBA", (128, 128))
        ICONS[emoji.replace("\N{VARIATION SELECTOR-16}", "")](Pen(ImageDraw.Draw(tile)))
        side = round(size * SCALE)
        small = tile.resize((side, side), Image.Resampling.LANCZOS)
        self.image.paste(small, (round(at[0] * SCALE), round(at[1] * SCALE)), small)

    def paste(self, picture: Image.Image, at: Point, size: Point) -> None:
        """A picture with round corners."""
        pixels = (round(size[0] * SCALE), round(size[1] * SCALE))
        mask = Image.new("L", pixels)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, *pixels), 8 * SCALE, 255)
        place = (round(at[0] * SCALE), round(at[1] * SCALE))
        self.image.paste(picture.convert("RGB").resize(pixels, Image.Resampling.LANCZOS), place, mask)


PIECE = re.compile(r"\*\*(?P<bold>.+?)\*\*|`(?P<code>.+?)`|(?P<ping><@\d+>)|(?P<plain>[^*`<]+|.)")
EMOJI = re.compile("([" + "".join(ICONS) + "]\N{VARIATION SELECTOR-16}?)")


def _line(page: Page, y: float, line: str) -> float:
    """One line of a message, as Discord shows its markup; returns the line's height."""
    small = line.startswith("-# ")
    size, fill = (12, QUIET) if small else (15, TEXT)
    x = float(LEFT)
    for match in PIECE.finditer(line.removeprefix("-# ")):
        for part in EMOJI.split(match[match.lastgroup or 0]):
            if EMOJI.fullmatch(part):
                page.icon((x, y + 1), part, size + 2)
                x += size + 3
            elif match["ping"]:
                name = NAMES[part]
                wide = font(size).getlength(name) / SCALE
                page.box((x, y - 1), (wide + 4, 21), PILL, 3)
                x += page.text((x + 2, y), name, size, LINK) + 4
            elif match["code"]:
                page.box((x, y - 1), (font(13).getlength(part) / SCALE + 8, 20), CODE, 4)
                x += page.text((x + 4, y + 1), part, 13, TEXT) + 8
            else:
                x += page.text((x, y), part, size, WHITE if match["bold"] else fill, bold=bool(match["bold"]))
    return 20 if small else 24


def _row(page: Page, y: float, buttons: tuple[tuple[str, str, discord.ButtonStyle], ...]) -> None:
    """A row of buttons."""
    x = float(LEFT)
    for emoji, label, style in buttons:
        shown = 24 if emoji else 0
        wide = shown + (font(14).getlength(label) / SCALE + 22 if label else 20)
        page.box((x, y), (wide, 32), FILLS[style], 6)
        if emoji:
            page.icon((x + 12, y + 7), emoji, 18)
        page.text((x + 12 + shown, y + 7), label, 14, WHITE)
        x += wide + 8


def _head(page: Page, y: float, message: Message) -> float:
    """Who writes, and what they answer; returns the height."""
    used = 0.0
    if message.command:
        page.box((LEFT - 2, y + 1), (14, 14), "#f0b232", 7)
        x = LEFT + 18 + page.text((LEFT + 18, y), "Ada", 13, WHITE)
        x += page.text((x, y), " used ", 13, QUIET)
        page.text((x, y), message.command, 13, "#a9b1ff")
        used = 22.0
    page.box((MARGIN, y + used), (40, 40), BLUE, 20)
    page.icon((MARGIN + 9, y + used + 9), "🎬", 22)
    x = LEFT + page.text((LEFT, y + used), "Framekiln", 15, WHITE, bold=True) + 6
    page.box((x, y + used + 2), (30, 15), BLUE, 3)
    page.text((x + 4, y + used + 3), "APP", 10, WHITE)
    return used + 24


def draw(still: Image.Image) -> Image.Image:
    """Draw the messages one below the other.

    Args:
        still: a frame of the clip.
    """
    wide = WIDTH - LEFT - MARGIN - 130
    tall = wide * still.height / still.width
    page, y = Page(2000), float(MARGIN)
    for message in asyncio.run(scene()):
        y += _head(page, y, message)
        for line in message.content.splitlines():
            y += _line(page, y, line)
        if message.clip:
            page.paste(still, (LEFT, y + 2), (wide, tall))
            page.box((LEFT + wide / 2 - 26, y + tall / 2 - 24), (52, 52), CODE, 26)
            page.icon((LEFT + wide / 2 - 16, y + tall / 2 - 14), PLAY, 32)
            y += tall + 8
        for row in message.buttons:
            _row(page, y + 4, row)
            y += 40
        y += 18
    return page.image.crop((0, 0, WIDTH * SCALE, round(y * SCALE)))


def main() -> None:
    """Write the picture, with its texts beside the pixels."""
    source, out = map(Path, sys.argv[1:])
    with Image.open(source) as clip:
        clip.seek(STILL)
        picture = draw(clip)
    kept = PngInfo()
    kept.add_itxt(TEXTS, json.dumps(texts(), ensure_ascii=False))
    picture.quantize(256).save(out, pnginfo=kept, optimize=True)
    print(f"{out}  ({out.stat().st_size / 1e3:.0f} kB)")  # noqa: T201 - its result


if __name__ == "__main__":
    main()
