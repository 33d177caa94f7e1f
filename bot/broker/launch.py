"""Becomes the broker, after somebody was told to end it together with the bot.

It is run as a script, in a bare interpreter, so it imports nothing of ours. On Linux the kernel ends it. That
promise belongs to the thread that has started this process: that must be the bot's main thread. Elsewhere, as
on macOS, no kernel does that, and a process that looks twice a second is left beside it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

LOOK_EVERY = 0.5
"""Seconds between two looks at the bot, where the kernel does not look."""


def main(parent: str, program: str, *arguments: str) -> None:
    """Become ``program``, unless the process that wanted it is gone."""
    if sys.platform == "win32":
        raise OSError("the broker does not run on Windows")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        _leave_a_watch(int(parent))
    if os.getppid() != int(parent):  # it died before we asked
        return
    os.execv(program, [program, *arguments])  # noqa: S606 - the caller has looked at its digest


def _leave_a_watch(parent: int) -> None:
    """Leave a process behind that ends this one when its parent is gone, and itself with it."""
    if sys.platform == "win32":
        return  # main has refused it
    broker = os.getpid()
    if os.fork():
        return
    while os.getppid() == broker:  # else the broker has ended
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            os.kill(broker, signal.SIGKILL)
            break
        time.sleep(LOOK_EVERY)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
