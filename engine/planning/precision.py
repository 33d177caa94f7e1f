"""In how many bits a clip's weights are kept: by what the GPU holds without streaming them."""

from __future__ import annotations

from engine.core.capabilities import Capabilities
from engine.core.family_spec import Way
from engine.core.precision import ABOUT, PACKAGES, Precision


def choose_precision(way: Way | None, here: Capabilities) -> tuple[Precision, tuple[str, ...]]:
    """How the weights are kept, and why.

    16 bits where the GPU holds them beside a step. Else the first of fewer bits that it holds and whose
    package is installed. Where it holds none of them, 16 bits again: layers then come one by one, and fewer
    bits would cost quality for a little speed only.

    Args:
        way: of drawing; None: its engine has no weights to keep.
        here: what this machine has.
    """
    if way is None:
        return Precision.BF16, ()
    if way.precision is not Precision.BF16:
        return way.precision, (ABOUT[way.precision],)
    room = here.device.memory
    for precision, needed in way.resident.items():
        package = PACKAGES.get(precision)
        if (package is None or package in here.packages) and (not room or needed <= room):
            return precision, (ABOUT[precision],) if precision in ABOUT else ()
    return Precision.BF16, ()
