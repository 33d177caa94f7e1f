"""A member's words as they will be read: cleaned, within the limit, other programs' syntax understood.

Whatever is not read as it was written is said in the request's notes; the plan's reasons show them.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Collection

from bot.requests.style_names import MAX_STYLES, MAX_WEIGHT, styles_here
from bot.text.prompts import clean_prompt
from db.codes import BotCode
from engine.core import prompt_schedule
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Style
from engine.core.request import Request
from engine.core.sentence import Sentence

NO_WORDS = Sentence("There are no words in that. Write what the clip should show.")

# The prompt syntax of AUTOMATIC1111's web UI and its relatives, which people paste from their notes.
_LORA = re.compile(r"<\s*(?:lora|lyco|lycoris|hypernet)\s*:\s*([^:<>]+)(?::([^<>]*))?>", re.IGNORECASE)
# A whole number counts as a weight only behind a word: (16:9) and (10:30) are none.
_WEIGHTED = re.compile(r"\(([^()]*[^()\s:])\s*:\s*(?:\d?\.\d+|(?<!\d:)(?<!\d: )[0-2])\s*\)")
_EMBEDDING = re.compile(r"\bembedding:\s*([\w.-]+)", re.IGNORECASE)
_BREAK = re.compile(r"\bBREAK\b")
_LOOSE_COMMAS = re.compile(r"(?:\s*,){2,}")
_PLAIN_NAME = re.compile(r"[^\w .-]")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wording:
    """A text as it is read.

    Attributes:
        text: what is left of it.
        styles: those that it names.
        notes: what was not read as it was written.
    """

    text: str
    styles: tuple[Style, ...] = ()
    notes: tuple[str, ...] = ()


def worded(request: Request, capabilities: Capabilities, *, limit: int) -> Request:
    """The same request, its prompt and its negative as they will be read.

    Args:
        request: as it was written.
        capabilities: knows the styles that are here.
        limit: characters of each text that are read.

    Raises:
        UserError: a prompt was written or is needed, and nothing is left of it.
    """
    prompt = _cut(
        request.prompt, limit, Sentence("your prompt was cut after {limit} characters", limit=limit)
    )
    negative = _cut(
        request.negative or "", limit, Sentence("what to avoid was cut after {limit} characters", limit=limit)
    )
    notes = [*prompt.notes, *negative.notes]
    text, avoided, styles = prompt.text, negative.text, request.styles
    if request.raw:
        notes += _named(text)
    else:
        known = () if request.kind is Kind.ANIMATE else styles_here(capabilities)
        read = _translated(text, known, room=MAX_STYLES - len(styles))
        text, styles = read.text, (*styles, *read.styles)
        against = _translated(avoided, (), room=0)
        avoided = against.text
        notes += dict.fromkeys((*read.notes, *against.notes))
    if not text and (request.prompt or request.kind not in {Kind.ANIMATE, Kind.UPSCALE}):
        raise UserError(BotCode.PROMPT, NO_WORDS)
    if prompt_schedule.mistyped(text):
        notes.append(
            Sentence(
                "read as plain words; a prompt by frame is written like this: {example}",
                example=prompt_schedule.SHOWN,
            )
        )
    return dataclasses.replace(
        request,
        prompt=text,
        negative=None if request.negative is None else avoided,
        styles=styles,
        notes=(*request.notes, *notes),
    )


def _cut(text: str, limit: int, note: Sentence) -> Wording:
    """Clean a text, with a note where the limit cut it."""
    cleaned = clean_prompt(text, limit=limit)
    cut = clean_prompt(text, limit=2 * limit) != cleaned
    return Wording(text=cleaned, notes=(note,) if cut else ())


def _named(text: str) -> list[str]:
    """Say of a raw prompt that the syntax in it means nothing here."""
    if not any(syntax.search(text) for syntax in (_LORA, _WEIGHTED, _EMBEDDING, _BREAK)):
        return []
    return [
        Sentence(
            "<lora:…>, (word:1.3), BREAK and embedding:… are read as plain words here, because you chose raw"
        )
    ]


def _translated(text: str, known: Collection[str], *, room: int) -> Wording:
    """Read the syntax of other programs: LoRAs as styles where they are here, the rest as plain words."""
    styles: list[Style] = []
    notes: list[str] = []

    def style(match: re.Match[str]) -> str:
        shown = _PLAIN_NAME.sub("", match[1]).strip()[:40]
        name = next((name for name in known if name.casefold() == match[1].strip().casefold()), None)
        weight = _weight(match[2])
        if name is None:
            notes.append(
                Sentence("<lora:{name}> was left out: there is no style of that name here", name=shown)
            )
        elif weight is None:
            notes.append(
                Sentence(
                    "<lora:{name}> was left out: a strength is more than 0 and at most {most:g}",
                    name=shown,
                    most=MAX_WEIGHT,
                )
            )
        elif len(styles) >= room:
            notes.append(
                Sentence(
                    "<lora:{name}> was left out: a clip can have up to {most} styles",
                    name=shown,
                    most=MAX_STYLES,
                )
            )
        else:
            styles.append(Style(name=name, weight=weight))
            notes.append(
                Sentence(
                    "<lora:{name}> was read as the style {style}:{weight:g}",
                    name=shown,
                    style=name,
                    weight=weight,
                )
            )
        return " "

    text = _LORA.sub(style, text)
    weightless = text
    while (plainer := _WEIGHTED.sub(r"\1", weightless)) != weightless:
        weightless = plainer
    if weightless != text:
        notes.append(Sentence("weights in brackets have no effect here: (word:1.3) is read as plain words"))
    text = weightless
    for syntax, named in ((_EMBEDDING, "embedding:…"), (_BREAK, "BREAK")):
        if syntax.search(text):
            notes.append(Sentence("{syntax} has no effect here and was left out", syntax=named))
            text = syntax.sub(" ", text)
    if notes:
        text = _LOOSE_COMMAS.sub(",", " ".join(text.split())).replace(" ,", ",").strip(", ")
    return Wording(text=text, styles=tuple(styles), notes=tuple(dict.fromkeys(notes)))


def _weight(written: str | None) -> float | None:
    """A LoRA's strength; the first number is the picture's, what may follow is the text encoder's."""
    if written is None:
        return 1.0
    try:
        weight = float(written.split(":")[0])
    except ValueError:
        return None
    return weight if math.isfinite(weight) and 0 < weight <= MAX_WEIGHT else None
