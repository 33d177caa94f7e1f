"""How this program came here, and how a newer one does: from a git checkout, or from an index with pip.

Either way back is kept: what fails half-way is undone.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

SECONDS = 1800.0
PACKAGE = "framekiln"


class UpdateFailed(Exception):
    """A newer program could not be had, or was put back; the text says what happened."""


def extras() -> str:
    """What of the optional parts is installed, as pip writes it."""
    return "[models]" if importlib.util.find_spec("diffusers") is not None else ""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A git checkout that is installed where it is.

    Attributes:
        root: its folder.
        install: the command that installs what it needs.
    """

    root: Path
    install: Sequence[str] = field(
        default_factory=lambda: (sys.executable, "-m", "pip", "install", "-e", f".{extras()}")
    )

    def pending(self) -> list[str]:
        """The commits that an update would bring, the newest first.

        Raises:
            UpdateFailed: git can't tell, or the checkout has changes of its own.
        """
        if self._git("status", "--porcelain", "--untracked-files=no"):
            raise UpdateFailed(f"{self.root} has changes of your own: commit or stash them first")
        self._git("fetch", "--quiet")
        ours = self._git("rev-list", "--count", "@{upstream}..HEAD")
        if ours != "0":
            raise UpdateFailed(f"{self.root} has {ours} commits of your own: merge by hand")
        return self._git("log", "--oneline", "HEAD..@{upstream}").splitlines()

    def apply(self) -> None:
        """Update; if what it needs can't be installed, go back.

        Raises:
            UpdateFailed: it was not updated.
        """
        before = self._git("rev-parse", "HEAD")
        self._git("merge", "--ff-only", "--quiet", "@{upstream}")
        try:
            _run(self.install, self.root)
        except UpdateFailed as error:
            self._git("reset", "--keep", "--quiet", before)
            raise UpdateFailed(f"{error}; the checkout is as it was, at {before[:12]}") from error

    def _git(self, *words: str) -> str:
        return _run(("git", *words), self.root)


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A program that pip has installed from an index.

    Attributes:
        pip: the command of pip.
    """

    pip: Sequence[str] = (sys.executable, "-m", "pip")

    def pending(self) -> list[str]:
        """What pip would install.

        Raises:
            UpdateFailed: pip can't tell.
        """
        told = self._pip("install", "--upgrade", "--dry-run", "--quiet", "--quiet", f"{PACKAGE}{extras()}")
        return [line for line in told.splitlines() if line.startswith("Would install")]

    def apply(self) -> None:
        """Update; if that fails, go back.

        Raises:
            UpdateFailed: it was not updated.
        """
        before = version(PACKAGE)
        try:
            self._pip("install", "--upgrade", f"{PACKAGE}{extras()}")
        except UpdateFailed:
            self._pip("install", f"{PACKAGE}{extras()}=={before}")
            raise

    def _pip(self, *words: str) -> str:
        return _run((*self.pip, *words), Path.cwd())


def installation() -> Checkout | Installed:
    """How this program came here."""
    root = Path(__file__).parents[3]
    return Checkout(root=root) if (root / ".git").exists() else Installed()


def _run(command: Sequence[str], where: Path) -> str:
    try:
        done = subprocess.run(command, cwd=where, check=True, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "it said nothing").strip().splitlines()[-1:]
        raise UpdateFailed(f"{' '.join(command[:3])} failed: {''.join(last)}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise UpdateFailed(str(error)) from error
    return done.stdout.strip()
