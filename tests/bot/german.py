"""A small German catalogue, in the place of those that ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.text.catalogues import catalogue

WORDS = {
    "{fault} at {second:.1f} s": "bei {second:.1f} s: {fault}",
    "brightness flickers": "die Helligkeit flackert",
    "a face bends out of shape": "ein Gesicht verformt sich",
    "{first}; {then}": "{first} – {then}",
    "{steps} steps instead of {fewer}": "{steps} Schritte statt {fewer}",
    "stronger compression, to fit {limit}": "stärker komprimiert, damit es in {limit} passt",
    "{engine}: {about}": "{engine} – {about}",
    "a simple moving sketch of the prompt; needs no weights": "eine einfache bewegte Skizze",
    "Upscaling doesn't make this clip better: {reasons}. It stays as it is.": (
        "Größer wird der Clip nicht besser: {reasons}"
    ),
    "There is no style {style} here.": "Hier gibt es den Stil {style} nicht.",
    "A clip can be {least:g} to {most:g} seconds long.": "Ein Clip dauert {least:g} bis {most:g} Sekunden.",
    "That picture is damaged and I can't read it.": "Das Bild ist beschädigt, und ich kann es nicht lesen.",
    "Saving it again as a PNG or JPEG in any picture editor usually helps.": "Speichere es neu als PNG.",
    "This engine needs a picture to start from.": "Diese Engine beginnt mit einem Bild.",
    "The weights in “{folder}” are damaged.": "Die Gewichte in „{folder}“ sind beschädigt.",
}


@contextmanager
def german(folder: Path, words: Mapping[str, str] = WORDS) -> Iterator[None]:
    """Have a catalogue of these words for ``de``, in a folder, until the end of the block."""
    known = Catalog(locale="de", charset="utf-8")
    for english, said in words.items():
        known.add(english, said)
    with (folder / "de.po").open("wb") as file:
        write_po(file, known)
    before, catalogue.FOLDER = catalogue.FOLDER, folder
    catalogue.catalogue.cache_clear()
    try:
        yield
    finally:
        catalogue.FOLDER = before
        catalogue.catalogue.cache_clear()
