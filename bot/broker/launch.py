"""Becomes the broker, after the kernel was told to end it together with the bot.

It is run as a script, in a bare interpreter, so it imports nothing of ours. The kernel's promise belongs to
the thread that has started this process: that must be the bot's main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(parent: str, program: str, *arguments: str) -> None:
    """Become ``program``, unless the process that wanted it is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before we asked
        return
    os.execv(program, [program, *arguments])  # noqa: S606 - the caller has looked at its digest


if __name__ == "__main__":
    main(*sys.argv[1:])
