"""Random chains of deeds with erases, takedowns and kills; then every byte is searched.

    python -m benchmarks.erase [--runs 300] [--steps 40]

:mod:`tests.chains.machine` says what is done and what must hold.
"""

from __future__ import annotations

import argparse
import time

from tests.chains.machine import Chain, chains


def main() -> None:
    """Run the chains, and print how much was done and found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="chains")
    parser.add_argument("--steps", type=int, default=40, help="deeds of each at most")
    given = parser.parse_args()
    began = time.monotonic()
    counts = chains(runs=given.runs, steps=given.steps)
    for name, count in sorted(counts.items()):
        print(f"{name:16} {count:>12,}")
    print(f"{'found':16} {len(Chain.found):>12,}")
    print(f"{'seconds':16} {time.monotonic() - began:>12.0f}")


if __name__ == "__main__":
    main()
