"""The fast loop: the quick tests of what has changed. ``make quick`` runs it after lint and types.

    python -m tests.quick              what has changed since the branch left main, commits or not
    python -m tests.quick tests/db     these tests
    python -m tests.quick --list       only say which

A changed module calls for the tests named after it, then for those that import it, then for the folder of
tests that mirrors its own. Tests marked slow are left out. When the time is up, the rest is skipped, and a
line says how many that were. So a green run is a good sign; ``make test`` is the proof.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from tests.sources import nodes_of, read_ahead

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "engine", "db", "system")
SECONDS = 30.0
"""For the tests, from the first one on; lint, types and reading the tests come before."""

MOST = 20
"""So many files of tests at most: to read more of them takes the whole time."""

Importers = dict[str, set[str]]

LIMIT = "FRAMEKILN_QUICK_SECONDS"
TIME_IS_UP = "left for make test: the time is up"
NOTHING_COLLECTED = 5


def main(words: list[str] | None = None) -> int:
    """Choose the tests and run them; give pytest's exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tests", nargs="*", help="folders or files of tests, instead of what has changed")
    parser.add_argument("--base", help="compare with this commit")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="begin no test after so many")
    parser.add_argument("--list", action="store_true", help="say which tests, and run none")
    asked = parser.parse_args(words)
    chosen = asked.tests or selection(changed(asked.base or base()), ROOT)
    if len(chosen) > MOST and not asked.tests:
        print(f"quick: {len(chosen) - MOST} files of tests are left for make test: the farthest ones")
        chosen = chosen[:MOST]
    if not chosen:
        print("Nothing has changed that a test belongs to.")
        return 0
    print("\n".join(chosen) if asked.list else f"quick: {' '.join(chosen)}", flush=True)
    if asked.list:
        return 0
    options = ("-q", "-rfE", "-m", "not slow and not pages", "-p", "tests.quick")
    workers = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    os.environ[LIMIT] = str(asked.seconds)
    command = (sys.executable, "-m", "pytest", *options, *workers, *chosen)
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return 0 if status == NOTHING_COLLECTED else status


def base() -> str:
    """Find the commit at which this branch left main; on main itself, the last commit."""
    for name in ("origin/main", "main"):
        if found := git("merge-base", "HEAD", name):
            return found[0]
    return "HEAD"


def changed(since: str) -> list[str]:
    """List what differs from a commit, new files included, as paths from the top of the repository."""
    return sorted({*git("diff", "--name-only", since), *git("ls-files", "--others", "--exclude-standard")})


def git(*words: str) -> list[str]:
    """Give the lines that git prints; none if it refuses."""
    command = ("git", *words)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def selection(files: Iterable[str], root: Path) -> list[str]:
    """Give the files of tests that belong to these files, the nearest first."""
    importers = _importers(root)
    ranked: dict[str, int] = {}
    for file in files:
        for rank, test in _tests_of(PurePosixPath(file), root, importers):
            ranked[test] = min(rank, ranked.get(test, rank))
    return sorted(ranked, key=lambda test: (ranked[test], test))


def _tests_of(file: PurePosixPath, root: Path, importers: Importers) -> Iterator[tuple[int, str]]:
    """Give the tests of one file, each with its distance."""
    room = file.parts[0]
    module = file.parent if file.name == "__init__.py" else file.with_suffix("")
    if file.name == "conftest.py":
        yield from ((2, test) for test in _within(file.parent, root))
    elif room == "tests" and file.name.startswith("test_"):
        yield from ((0, test) for test in (str(file),) if (root / test).exists())
    elif room == "tests":
        for name in (module.name, ".".join(module.parts)):
            yield from ((1, test) for test in importers.get(name, ()) if _is_test(test))
    elif file.suffix == ".py":
        where = root / "tests" / (room if room in ROOMS else "")
        yield from ((0, test) for test in _named(f"test_{module.name}.py", where, root))
        yield from ((1, test) for test in _nearest(".".join(module.parts), importers))
        if room in ROOMS:
            yield from ((1, test) for test in _named("test_house.py", root / "tests", root))
            if len(file.parts) > 2 and (root / "tests" / file.parent).is_dir():
                yield from ((2, test) for test in _within(PurePosixPath("tests", file.parent), root))
    elif room in ROOMS:
        yield from ((2, test) for test in _within(PurePosixPath("tests", file.parent), root))
    else:
        yield from (
            (1, str(PurePosixPath("tests", path.name))) for path in (root / "tests").glob("test_*.py")
        )


def _nearest(module: str, importers: Importers) -> set[str]:
    """Give the tests that import a module; if none does, those of the modules that import it, and so on."""
    seen, edge = {module}, {module}
    while edge:
        found = set().union(*(importers.get(name, ()) for name in edge))
        if tests := {name for name in found if _is_test(name)}:
            return tests
        edge = found - seen
        seen |= edge
    return set()


def _is_test(name: str) -> bool:
    return name.endswith(".py")


@cache  # each of hundreds of files asks for the same few folders
def _named(pattern: str, folder: Path, root: Path) -> tuple[str, ...]:
    return tuple(str(PurePosixPath(path.relative_to(root))) for path in folder.rglob(pattern))


def _within(folder: PurePosixPath, root: Path) -> tuple[str, ...]:
    """Give the tests of a folder, or of the nearest one above it that there is; never all of tests/."""
    while len(folder.parts) > 1:
        if (root / folder).is_dir():
            return _named("test_*.py", root / folder, root)
        folder = folder.parent
    return ()


def _importers(root: Path) -> Importers:
    """Give who imports each module: tests as paths, modules of the rooms as names."""
    found: Importers = {}
    paths = [path for top in (*ROOMS, "tests") for path in (root / top).rglob("*.py")]
    read_ahead(paths)
    for path in paths:
        file = PurePosixPath(path.relative_to(root))
        test = file.parts[0] == "tests" and file.name.startswith("test_")
        module = file.parent if file.name == "__init__.py" else file.with_suffix("")
        importer = str(file) if test else ".".join(module.parts)
        for name in _imported(nodes_of(path)):
            found.setdefault(name, set()).add(importer)
    return found


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


BEGUN: list[float] = []
"""When this worker began its first test."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what begins after the time is up, but never a worker's first test. This module is a plugin."""
    if not BEGUN:
        BEGUN.append(time.monotonic())
    elif time.monotonic() > BEGUN[0] + float(os.environ.get(LIMIT, "inf")):
        pytest.skip(TIME_IS_UP)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many were left."""
    left = sum(TIME_IS_UP in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    if left:
        terminalreporter.write_line(f"{left} tests were {TIME_IS_UP}", yellow=True)


if __name__ == "__main__":
    sys.exit(main())
