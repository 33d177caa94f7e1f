"""From the colours that a file declares to sRGB: HDR, linear light, and primaries wider than BT.709.

Files declare colours by the code points of ITU-T H.273 (CICP): PNG in its chunk cICP, AVIF and HEIC in their
box ``colr``, clips in their streams. Most declare sRGB, or something that players show like sRGB, and need no
conversion.

In HDR, :data:`WHITE_NITS` is the brightness of paper and of a window's background (ITU-R BT.2408). Darker
colours keep their value; highlights are rolled off. HLG is read without its system gamma, which is close to 1
at the brightness of an SDR screen (BT.2100, note 5f).

Sources: ITU-R BT.2100 (PQ, HLG), BT.2408; ITU-T H.273; SMPTE RP 431-2 and EG 432-1 (P3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WHITE_NITS = 203
"""Candela per square metre of SDR white in an HDR picture."""
KNEE = 0.8
"""Linear light, SDR white being 1, above which highlights are rolled off."""
_REST = 0.2
_HEADROOM = 5.0
"""Linear light above which nothing more can be told apart."""

GAMMA_22, GAMMA_28, LINEAR, SRGB, PQ, HLG = 4, 5, 8, 13, 16, 18
"""Code points of transfers. All others are those of ordinary video and shown as sRGB is."""
BT709, BT2020, DCI_P3, P3 = 1, 9, 11, 12
"""Code points of primaries."""

_PQ_WHITES = 10_000 / WHITE_NITS
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_HLG_WHITE = (math.exp((0.75 - _C) / _A) + _B) / 12
"""Scene light of HLG's reference white, a signal of 75 %."""

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

_CHROMATICITIES = {
    BT2020: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    DCI_P3: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    P3: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""x and y of red, green, blue and white."""
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_SRGB = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, 0.3127, 0.3290)

_CURVES: dict[int, tuple[Callable[[float], float], str]] = {
    GAMMA_22: (lambda signal: signal**2.2, "pow(@,2.2)"),
    GAMMA_28: (lambda signal: signal**2.8, "pow(@,2.8)"),
    LINEAR: (lambda signal: signal, "@"),
    PQ: (
        lambda signal: (
            (max(signal ** (1 / _M2) - _C1, 0) / (_C2 - _C3 * signal ** (1 / _M2))) ** (1 / _M1) * _PQ_WHITES
        ),
        f"pow(max(pow(@,1/{_M2})-{_C1},0)/({_C2}-{_C3}*pow(@,1/{_M2})),1/{_M1})*{_PQ_WHITES}",
    ),
    HLG: (
        lambda signal: (
            (signal**2 / 3 if signal <= 0.5 else (math.exp((signal - _C) / _A) + _B) / 12) / _HLG_WHITE  # noqa: PLR2004 - BT.2100
        ),
        f"if(lte(@,0.5),@*@/3,(exp((@-{_C})/{_A})+{_B})/12)/{_HLG_WHITE}",
    ),
}
"""From a signal of 0 … 1 to linear light, SDR white being 1: for us, and in ffmpeg's words of ``@``."""
_FROM_SRGB: tuple[Callable[[float], float], str] = (
    lambda signal: signal / 12.92 if signal <= 0.04045 else ((signal + 0.055) / 1.055) ** 2.4,  # noqa: PLR2004 - IEC 61966-2-1
    "if(lte(@,0.04045),@/12.92,pow((@+0.055)/1.055,2.4))",
)
_TO_SRGB: tuple[Callable[[float], float], str] = (
    lambda light: light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055,  # noqa: PLR2004 - same
    "if(lte(@,0.0031308),@*12.92,1.055*pow(@,1/2.4)-0.055)",
)
_ROLLED_OFF: tuple[Callable[[float], float], str] = (
    lambda light: light if light <= KNEE else KNEE + _REST * (1 - math.exp((KNEE - light) / _REST)),
    f"if(lte(@,{KNEE}),@,{KNEE}+{_REST}*(1-exp(({KNEE}-@)/{_REST})))",
)
_STEPS, _ROWS = 4096, 128
_SAME_GAMMA, _SAME_COLOUR = 0.05, 0.005
"""How far a PNG's figures may be from sRGB's, as libpng has it for gamma."""
_LEAST_GAMMA = 0.1
_PQ_NAME = b"ITUR_2100_PQ_FULL"
"""https://www.w3.org/TR/png-hdr-pq/"""


@dataclass(frozen=True, kw_only=True)
class Colour:
    """What a file declares, as far as it matters.

    Attributes:
        transfer: the code point of the curve from signal to light.
        gamma: where the curve is a plain power instead: the exponent from signal to light.
        chromaticities: x and y of red, green, blue and white; None: those of sRGB.
    """

    transfer: int = SRGB
    gamma: float | None = None
    chromaticities: tuple[float, ...] | None = None

    @classmethod
    def of(cls, *, primaries: int, transfer: int) -> Colour:
        """From code points."""
        return cls(transfer=transfer, chromaticities=_CHROMATICITIES.get(primaries))

    @classmethod
    def of_png(cls, gamma: float, chromaticities: tuple[float, ...] | None) -> Colour:
        """From a PNG's chunks gAMA and cHRM.

        Args:
            gamma: the exponent from light to signal; values next to sRGB's mean sRGB, absurd ones nothing.
            chromaticities: x and y of white, red, green and blue; None: not given.
        """
        own = None
        if chromaticities is not None:
            moved = (*chromaticities[2:], *chromaticities[:2])
            differs = max(abs(one - other) for one, other in zip(moved, _SRGB, strict=True)) > _SAME_COLOUR
            with suppress(ZeroDivisionError):  # points that span no triangle, or a light without brightness
                own = moved if differs and _to_xyz(moved) else None
        absurd = not _LEAST_GAMMA <= gamma <= 1 / _LEAST_GAMMA
        is_srgb = abs(gamma * 2.2 - 1) <= _SAME_GAMMA
        return cls(gamma=None if absurd or is_srgb else 1 / gamma, chromaticities=own)

    @classmethod
    def of_profile(cls, profile: bytes) -> Colour | None:
        """HDR that an ICC profile declares, in its tag cicp or by a name that was agreed on before that tag.

        Such a profile's own curves, if it has any, end at a white of thousands of candela.
        """
        if _PQ_NAME in profile or _PQ_NAME.decode().encode("utf-16-be") in profile:
            return cls.of(primaries=BT2020, transfer=PQ)
        count = int.from_bytes(profile[128:132], "big")
        for at in range(132, min(132 + 12 * count, len(profile) - 11), 12):
            if profile[at : at + 4] == b"cicp":
                start = int.from_bytes(profile[at + 4 : at + 8], "big")
                if profile[start : start + 4] == b"cicp" and start + 10 <= len(profile):
                    found = cls.of(primaries=profile[start + 8], transfer=profile[start + 9])
                    return found if found.is_hdr else None
        return None

    @property
    def is_hdr(self) -> bool:
        """Whether it can be brighter than white."""
        return self.transfer in {PQ, HLG}

    @property
    def is_plain(self) -> bool:
        """Whether it is shown as sRGB is: nothing has to be done."""
        return self.gamma is None and self.transfer not in _CURVES and self.chromaticities is None

    def filters(self) -> str:
        """The ffmpeg filters that turn RGB of 16 bits (``gbrp16``) into sRGB of 16 bits."""
        most = self._most_light
        light = f"(val/maxval*{most})"
        if self.is_hdr:
            light = f"({_ROLLED_OFF[1].replace('@', light)})"
        names = (f"{to}{of}" for to in "rgb" for of in "rgb")
        shares = (share for row in self._matrix() for share in row)
        return ",".join(
            (
                _each(f"({self._curve[1].replace('@', '(val/maxval)')})/{most}"),
                "colorchannelmixer=" + ":".join(f"{name}={share:.6f}" for name, share in zip(names, shares)),  # noqa: B905 - nine of both
                _each(_TO_SRGB[1].replace("@", light)),
            )
        )

    def to_srgb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert pixels to sRGB.

        Args:
            pixels: uint8 ``[H, W, 3]``, or ``[H, W]`` for grey, whose primaries say nothing.

        Returns:
            uint8 of the same shape.
        """
        import numpy as np  # noqa: PLC0415 - the process that reads pictures needs it for few of them

        most = self._most_light
        light_of = np.array([self._curve[0](code / 255) for code in range(256)], np.float32)
        # By the root of the light, so that the dark end has steps enough.
        shown = np.array([self._shown(most * (at / _STEPS) ** 2) for at in range(_STEPS + 1)], np.uint8)
        matrix = np.array(self._matrix(), np.float32)
        made = np.empty_like(pixels)
        for start in range(0, len(pixels), _ROWS):  # in strips: there is little memory
            light = light_of[pixels[start : start + _ROWS]]
            if pixels.ndim == 3:  # noqa: PLR2004 - rows, columns, channels
                light = (light[..., None, :] * matrix).sum(-1)
            at = np.sqrt(np.clip(light / most, 0, 1)) * _STEPS
            made[start : start + _ROWS] = shown[np.rint(at).astype(np.int32)]
        return made

    @property
    def _most_light(self) -> float:
        return _HEADROOM if self.is_hdr else 1.0

    @property
    def _curve(self) -> tuple[Callable[[float], float], str]:
        gamma = self.gamma
        if gamma is not None:
            return (lambda signal: signal**gamma), f"pow(@,{gamma})"
        return _CURVES.get(self.transfer, _FROM_SRGB)

    def _shown(self, light: float) -> int:
        return round(255 * _TO_SRGB[0](_ROLLED_OFF[0](light) if self.is_hdr else light))

    def _matrix(self) -> Matrix:
        """From linear light in these primaries to that in sRGB's."""
        return _product(_inverse(_to_xyz(_SRGB)), _to_xyz(self.chromaticities or _SRGB))


def _each(expression: str) -> str:
    value = f"clip({expression},0,1)*maxval"
    return f"lutrgb=r='{value}':g='{value}':b='{value}'"


def _to_xyz(chromaticities: tuple[float, ...]) -> Matrix:
    """From RGB to XYZ, the white being that of sRGB (Bradford's adaptation)."""
    columns = [_xyz(x, y) for x, y in zip(chromaticities[0:6:2], chromaticities[1:6:2], strict=True)]
    primaries = _transposed(columns)
    white = _xyz(*chromaticities[6:8])
    scale = _applied(_inverse(primaries), white)
    matrix = _product(primaries, _diagonal(scale))
    cones, wanted = _applied(_BRADFORD, white), _applied(_BRADFORD, _xyz(*_SRGB[6:8]))
    adapted = _diagonal(tuple(to / of for to, of in zip(wanted, cones, strict=True)))
    return _product(_product(_inverse(_BRADFORD), _product(adapted, _BRADFORD)), matrix)


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _transposed(rows: Sequence[Sequence[float]]) -> Matrix:
    return cast("Matrix", tuple(zip(*rows, strict=True)))


def _diagonal(values: Sequence[float]) -> Matrix:
    return cast("Matrix", tuple(tuple(v if i == j else 0.0 for j in range(3)) for i, v in enumerate(values)))


def _applied(matrix: Matrix, vector: Sequence[float]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _product(left: Matrix, right: Matrix) -> Matrix:
    return _transposed([_applied(left, column) for column in _transposed(right)])


def _inverse(matrix: Matrix) -> Matrix:
    """By cofactors.

    Raises:
        ZeroDivisionError: there is none.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return cast("Matrix", tuple(tuple(value / whole for value in row) for row in rows))
