"""What ``doctor --gpu`` and ``models pull --for`` print for a GPU of 12 GB, as docs/first-time.md shows it.

The GPU is made up, so that the page is the same wherever it is written.
"""

from __future__ import annotations

import sys

from bot.cli.gpu_report import report_on
from bot.cli.pull_for import offer
from engine.core.capabilities import Capabilities
from engine.core.device import GIB
from engine.planning.plan import PlanLimits
from engine.planning.recommended import recommended, sold_as
from engine.runtime.gpu import Gpu

GIGABYTES = 12
GPU = Gpu(name="a GPU", memory=sold_as(GIGABYTES).memory, free=11 * GIB, driver="580.65", compute="8.6")
INSTALLED = ("svd-xt", "wan-umt5", "wan-2.1-1.3b")


def doctor() -> str:
    """With some of the recommended weights installed."""
    device = sold_as(GIGABYTES)
    here = Capabilities(device=device, weights=frozenset(INSTALLED))
    return "\n".join(report_on(GPU, device, here, PlanLimits(), measured={}))


def pull() -> str:
    """With nothing installed."""
    device = sold_as(GIGABYTES)
    return "\n".join(offer(device, (), recommended(device)))


if __name__ == "__main__":
    print(doctor() if "doctor" in sys.argv else pull())  # noqa: T201 - printing is what it is run for
