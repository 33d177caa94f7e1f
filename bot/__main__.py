"""``python -m bot`` is ``framekiln run``."""

from __future__ import annotations

import sys

from bot.owner.cli import main

main(["run", *sys.argv[1:]])
