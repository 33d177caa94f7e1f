"""A program that is killed keeps its word; `benchmarks/kill_db.py --kills 500` asks for longer."""

from __future__ import annotations

import json
import subprocess
import sys

from tests import ROOT

PROGRAM = ROOT / "benchmarks" / "kill_db.py"


def test_fifteen_kills_lose_nothing_that_was_acknowledged():
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--kills", "15"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["wrong"] == []
    assert figures["acknowledgements"] > 15
