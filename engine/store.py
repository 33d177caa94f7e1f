"""Where weights lie on this machine."""

from __future__ import annotations

from pathlib import Path

CHECKPOINTS = "checkpoints"
"""The owner's SD 1.5 checkpoints: diffusers folders, or single .safetensors files."""

STYLES = "styles"
"""The owner's style LoRAs, .safetensors."""

SUFFIX = ".safetensors"
"""Nothing else is loaded: other formats can carry code."""


class Store:
    """A folder with one folder for each entry of the catalogue, and the owner's own files."""

    def __init__(self, folder: Path = Path("models")) -> None:
        """Make one; nothing is read before it is asked for."""
        self.folder = folder

    def path(self, name: str) -> Path:
        """The folder of one entry of the catalogue, in its repository's own layout."""
        return self.folder / name

    def has(self, name: str) -> bool:
        """Whether the weights are there, whole; a look, not a check of their digests."""
        return self.path(name).is_dir()

    def in_use(self) -> bool:
        """Whether there is anything at all: else nobody has to look for a GPU."""
        return self.folder.is_dir() and any(self.folder.iterdir())

    def checkpoints(self) -> tuple[str, ...]:
        """Names of the owner's checkpoints, sorted."""
        return _names(self.folder / CHECKPOINTS, folders=True)

    def checkpoint(self, name: str) -> Path:
        """A checkpoint's folder or file."""
        folder = self.folder / CHECKPOINTS / name
        return folder if folder.is_dir() else folder.with_name(name + SUFFIX)

    def styles(self) -> tuple[str, ...]:
        """Names of the owner's style LoRAs, sorted."""
        return _names(self.folder / STYLES, folders=False)

    def style(self, name: str) -> Path:
        """A style LoRA's file."""
        return self.folder / STYLES / (name + SUFFIX)


def _names(folder: Path, *, folders: bool) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    found = {path.stem for path in folder.glob(f"*{SUFFIX}")}
    if folders:
        found |= {path.parent.name for path in folder.glob("*/model_index.json")}
    return tuple(sorted(found))
