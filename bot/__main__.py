"""``python -m bot`` is ``framekiln run``."""

from __future__ import annotations

import sys

from bot.cli.main import main

main(["run", *sys.argv[1:]])
