"""Good pictures with damage by chance: whatever becomes of them must be a clean answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.encoded_pictures import animated, encoded, palette, with_profile
from benchmarks.hostile_case import Case


def mutants(count: int, seed: int = 42) -> Iterator[Case]:
    """Good files with damage: bits flipped, bytes overwritten, spans removed, doubled or swapped."""
    chance = random.Random(seed)
    good = [encoded("PNG"), encoded("JPEG"), encoded("JPEG", progressive=True), encoded("WEBP")]
    good += [encoded("WEBP", lossless=True), palette(), animated("WEBP"), with_profile("JPEG")]
    good += [encoded(form) for form in ("GIF", "BMP", "TIFF", "AVIF", "HEIF")]
    good += [encoded("TIFF", compression="tiff_lzw"), animated("GIF")]
    for number in range(count):
        data = bytearray(chance.choice(good))
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            at, length = chance.randrange(len(data)), chance.choice((1, 2, 4, 16, 64))
            match chance.randrange(5):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    data[at : at + length] = chance.randbytes(len(data[at : at + length]))
                case 2:
                    data[at : at + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"))
                case 3:
                    data[at:at] = data[at : at + length]
                case _:
                    del data[at : at + length]
            data = data or bytearray(b"\0")
        yield Case(kind="mutant", name=f"mutant {number}", data=bytes(data), expected=frozenset())
