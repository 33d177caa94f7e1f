"""A clip's colours, and the ffmpeg filters that convert them to 8-bit BT.709.

They are read from what ffmpeg's filter ``showinfo`` writes about the first decoded frame: the tags of the
container and of the stream are merged there already. Its words only choose from the tables below; none of
them reaches a command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.untrusted.colour import (
    BT709,
    BT2020,
    DCI_P3,
    GAMMA_22,
    GAMMA_28,
    HLG,
    LINEAR,
    P3,
    PQ,
    SRGB,
    Colour,
)

_TRANSFERS = {
    "bt470m": GAMMA_22,
    "bt470bg": GAMMA_28,
    "linear": LINEAR,
    "smpte2084": PQ,
    "arib-std-b67": HLG,
}
_PRIMARIES = {"bt2020": BT2020, "smpte431": DCI_P3, "smpte432": P3}
_HD_WIDTH, _HD_HEIGHT = 1280, 576
"""A clip without tags that is at least this wide, or higher than this, is BT.709, as in players."""
_SCALING = "area+accurate_rnd+full_chroma_int"
"""Without the last two, reds and blues of a clip in BT.601 come out darker by 5 of 255."""
_ALPHA = re.compile(r"yuva|rgba|bgra|argb|abgr|gbrap|ya\d|ayuv|vuya")
_SAID = re.compile(r"\b(fmt|color_space|color_primaries|color_trc):(\S+)")


@dataclass(frozen=True, kw_only=True)
class ClipColours:
    """The colours of a clip's frames.

    Attributes:
        colour: what is to be done beyond the matrix.
        matrix: by the name that ffmpeg's filter ``scale`` gives it; None: as the frames say, or none.
        has_alpha: they have a channel of transparency.
    """

    colour: Colour
    matrix: str | None
    has_alpha: bool

    @classmethod
    def read(cls, told: str, *, width: int, height: int) -> ClipColours:
        """Read what ``showinfo`` wrote about a frame; missing tags get the values that players assume."""
        said: dict[str, str] = {}
        for line in told.splitlines():
            if line.startswith("[Parsed_showinfo"):
                for name, value in _SAID.findall(line):
                    said.setdefault(name, value)
        transfer, primaries = said.get("color_trc", "unknown"), said.get("color_primaries", "unknown")
        pixels, matrix = said.get("fmt", ""), None
        untagged = said.get("color_space", "unknown") in {"unknown", "reserved"}
        if untagged and pixels.startswith(("yuv", "nv", "p0")):
            hd = width >= _HD_WIDTH or height > _HD_HEIGHT
            if primaries == "bt2020" or _TRANSFERS.get(transfer) in {PQ, HLG}:
                matrix = "bt2020"
            elif "bt709" in {transfer, primaries} or (hd and primaries == "unknown"):
                matrix = "bt709"
        return cls(
            colour=Colour.of(
                primaries=_PRIMARIES.get(primaries, BT709), transfer=_TRANSFERS.get(transfer, SRGB)
            ),
            matrix=matrix,
            has_alpha=_ALPHA.match(pixels) is not None,
        )

    def filters(self, *, size: str, ground: str | None) -> str:
        """From any frame to 8-bit BT.709 of a size, with square pixels.

        Args:
            size: ``w=…:h=…`` for the filter ``scale``.
            ground: the colour to lay what is transparent on; None: nothing is.
        """
        parts = []
        if ground is not None:
            under = f"[under]drawbox=color={ground}@1:thickness=fill:replace=1[ground]"
            parts.append(f"split[over][under];{under};[ground][over]overlay=format=auto")
        matrix = "" if self.matrix is None else f":in_color_matrix={self.matrix}"
        video = "out_color_matrix=bt709:out_range=tv"
        if self.colour.is_plain:
            parts.append(f"scale={size}:flags={_SCALING}{matrix}:{video}")
        else:
            parts += [
                f"scale={size}:flags={_SCALING}{matrix}",
                "format=gbrp16le",
                self.colour.filters(),
                f"scale={video}",
            ]
        return ",".join((*parts, "setsar=1", "format=yuv420p"))
