"""Derive the sketch's drawings and words from two released packages, and from drawings of our own.

``python -m benchmarks.sketch_data`` fetches both from npm's registry, checks their hashes, and writes
``engine/families/sketch/data``: drawings.npz (polygons of Fluent Emoji Flat, MIT, and of our own SVGs),
words.zip (names and keywords of the Unicode CLDR, Unicode-3.0), and the CLDR's licence. Equal packages give
equal bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import tarfile
import urllib.request
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sketch_choices import COMMON, LANGUAGES, LEFT_OUT, NAMED_ONLY, PROTOTYPES
from benchmarks.svg_outlines import Layer, layers

DATA = Path(__file__).parents[1] / "engine" / "families" / "sketch" / "data"
OWN = Path(__file__).parent / "sketch_drawings"
"""What no emoji shows: SVGs 32 units wide that face left, as emoji do. Their names are in data/speech."""
REGISTRY = "https://registry.npmjs.org"
_PACKAGES = {
    "@iconify-json/fluent-emoji-flat/-/fluent-emoji-flat-1.2.6.tgz": (
        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175"
    ),
    "cldr-annotations-full/-/cldr-annotations-full-48.2.0.tgz": (
        "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1"
    ),
}
_TONE = re.compile(r"-(dark|light|medium|medium-dark|medium-light)$")
_STEP = 32  # steps in one of a drawing's 32 units
_ALPHABETS = 0x0600  # before this, words of two letters are too often small words
_NAMED_BY_MOST = 4  # a word of a name as long as this is not what it names
_SHARED_BY_MOST = 25  # a keyword of more drawings than this names none of them


def main() -> None:
    """Fetch, check, derive, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", default=REGISTRY)
    parser.add_argument("--packages", type=Path, help="a folder that already holds both packages")
    asked = parser.parse_args()
    icons, cldr = (_package(name, asked.registry, asked.packages) for name in _PACKAGES)
    drawings = json.loads(icons["package/icons.json"])["icons"]
    grouped = json.loads(icons["package/metadata.json"])["categories"]
    left_out = {name for group in ("Symbols", "Flags") for name in grouped[group]}
    kept = {
        name: layers(found["body"])
        for name, found in sorted(drawings.items())
        if not _TONE.search(name) and (name not in left_out or name in COMMON) and not LEFT_OUT.search(name)
    }
    kept |= {path.stem: layers(path.read_text("utf-8")) for path in sorted(OWN.glob("*.svg"))}
    emoji = {
        "".join(chr(int(part, 16)) for part in key.split("-")).replace("\ufe0f", ""): name
        for key, name in sorted(json.loads(icons["package/chars.json"]).items())
        if name in kept
    }
    DATA.mkdir(exist_ok=True)
    _write_drawings(kept)
    _write_words(emoji, cldr)
    licence = json.loads(icons["package/info.json"])["license"]
    print(f"{len(kept)} drawings, licence {licence['spdx']}: {licence['url']}")
    (DATA / "LICENSE-unicode.txt").write_bytes(cldr["package/LICENSE"])
    for path in sorted(DATA.iterdir()):
        print(f"{path.stat().st_size:9,} {path.name}")


def _package(name: str, registry: str, folder: Path | None) -> dict[str, bytes]:
    """The files of a package.

    Raises:
        SystemExit: it is not the one that these data were derived from.
    """
    if folder is not None:
        (path,) = folder.glob(f"*{name.rpartition('/')[2]}")
        data = path.read_bytes()
    else:
        with urllib.request.urlopen(f"{registry}/{name}", timeout=60) as answer:  # noqa: S310 - https by default
            data = answer.read()
    found = hashlib.sha256(data).hexdigest()
    if found != _PACKAGES[name]:
        raise SystemExit(f"{name}: its sha256 is {found}, not {_PACKAGES[name]}")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            member.name: file.read()
            for member in archive
            if member.isfile() and (file := archive.extractfile(member)) is not None
        }


def _write_drawings(kept: dict[str, list[Layer]]) -> None:
    """All outlines in one array of int16, with where each ring, layer and drawing begins."""
    points, ring_ends, layer_ends, ends, colours = [], [0], [0], [0], []
    for parts in kept.values():
        for layer in parts:
            for ring in layer.rings:
                steps = np.rint(ring * _STEP).astype(np.int16)
                moved = np.abs(np.diff(steps, axis=0, prepend=steps[-1:])).any(axis=1)
                points.append(steps[moved] if moved.sum() > 2 else steps)
                ring_ends.append(ring_ends[-1] + len(points[-1]))
            layer_ends.append(layer_ends[-1] + len(layer.rings))
            colours.append((*layer.colour, layer.opacity))
        ends.append(ends[-1] + len(parts))
    np.savez_compressed(
        DATA / "drawings.npz",
        names=np.frombuffer("\n".join(kept).encode(), np.uint8),
        points=np.concatenate(points),
        rings=np.array(ring_ends, np.int32),
        layers=np.array(layer_ends, np.int32),
        drawings=np.array(ends, np.int32),
        colours=np.array(colours, np.uint8),
    )


def _write_words(emoji: dict[str, str], cldr: dict[str, bytes]) -> None:
    """One text a language: each drawing's name on a line, then the words that mean it."""
    with zipfile.ZipFile(DATA / "words.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _put(archive, "emoji", "\n".join(f"{name}\t{character}" for character, name in sorted(emoji.items())))
        for language in LANGUAGES:
            table = json.loads(cldr[f"package/annotations/{language}/annotations.json"])
            by_word = _words(table["annotations"]["annotations"], emoji, strict=language.startswith("zh"))
            lines: dict[str, list[str]] = defaultdict(list)
            for word, name in sorted(by_word.items()):
                lines[name].append(word)
            _put(
                archive,
                language,
                "\n".join("\t".join((name, *words)) for name, words in sorted(lines.items())),
            )


def _put(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(zipfile.ZipInfo(f"{name}.txt"), text.encode(), zipfile.ZIP_DEFLATED)


def _words(annotations: dict[str, Any], emoji: dict[str, str], *, strict: bool) -> dict[str, str]:
    """The one drawing that each word of a language means.

    Args:
        annotations: what the CLDR says of each emoji.
        emoji: each one's drawing.
        strict: a keyword of one letter counts only if it is in one of the drawing's names. In Chinese most
            others are verbs: to look is no eye.
    """
    claims: dict[str, list[tuple[tuple[int, int, int, int, str], str]]] = defaultdict(list)
    for character, said in annotations.items():
        name = emoji.get(character.replace("\ufe0f", ""))
        if name is None:
            continue
        spoken = {word.casefold() for word in said.get("tts", [])}
        keywords = {word.casefold() for word in said.get("default", [])}
        keywords = {
            word
            for word in keywords
            if " " not in word
            and (len(word) > 2 or not word.isalpha() or ord(word[0]) > _ALPHABETS)
            and not NAMED_ONLY.search(name)
            and not (strict and len(word) == 1 and not any(word in known for known in spoken))
        }
        prototype = PROTOTYPES.index(name) if name in PROTOTYPES else len(PROTOTYPES)
        for word in spoken | keywords:
            named = min((len(phrase.split()) for phrase in spoken if word in phrase.split()), default=9)
            rank = 0 if word in spoken else 1 if named < _NAMED_BY_MOST else 2
            claims[word].append(((rank, prototype, named, len(keywords), name), name))
    return {
        word: min(claimed)[1]
        for word, claimed in claims.items()
        if len(claimed) <= _SHARED_BY_MOST or min(claimed)[0][0] == 0
    }


if __name__ == "__main__":
    main()
