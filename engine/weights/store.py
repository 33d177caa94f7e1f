"""Where weights lie on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.weights.laid import INDEX, SUFFIX, is_whole
from engine.weights.lock import Record, read_manifest
from engine.weights.model_spec import ModelSpec

__all__ = ["CHECKPOINTS", "STYLES", "SUFFIX", "Store", "store_of"]

CHECKPOINTS = "checkpoints"
"""The owner's SD 1.5 checkpoints: diffusers folders, or single .safetensors files."""

STYLES = "styles"
"""The owner's style LoRAs, .safetensors."""

STAGING = ".pull"
"""What is being pulled; it does not count as installed."""

FOLDER_VARIABLE = "FRAMEKILN_MODELS_DIR"
CHECKPOINTS_VARIABLE = "FRAMEKILN_EXTRA_CHECKPOINTS"
STYLES_VARIABLE = "FRAMEKILN_EXTRA_STYLES"
"""The settings of these names, as the parent passes them on; folders with a comma between them."""


class Store:
    """A folder with one folder for each entry of the catalogue, and the owner's own files."""

    def __init__(
        self,
        folder: Path = Path("models"),
        *,
        extra_checkpoints: tuple[Path, ...] = (),
        extra_styles: tuple[Path, ...] = (),
    ) -> None:
        """Make one; nothing is read yet.

        Args:
            folder: of the weights.
            extra_checkpoints: other programs' folders of checkpoints, with all the folders in them.
            extra_styles: other programs' folders of LoRAs, likewise.
        """
        self.folder = folder
        self._checkpoints = (folder / CHECKPOINTS, *extra_checkpoints)
        self._styles = (folder / STYLES, *extra_styles)

    def path(self, name: str) -> Path:
        """The folder of one entry of the catalogue, in its repository's own layout."""
        return self.folder / name

    def staging(self, name: str) -> Path:
        """The folder in which an entry is put together before it is installed."""
        return self.folder / STAGING / name

    def record(self, name: str) -> Record | None:
        """What a pull recorded of an entry; None: it was copied here by hand, or is not here."""
        return read_manifest(self.path(name))

    def has(self, spec: ModelSpec) -> bool:
        """Whether an entry's weights are here, whole: by names and sizes; the bytes are not read."""
        folder = self.path(spec.name)
        record = read_manifest(folder)
        if record is not None:
            return all(_size(folder / path) == file.size for path, file in record.files.items())
        if not folder.is_dir() or self.staging(spec.name).exists():
            return False
        return is_whole(folder, spec)

    def in_use(self) -> bool:
        """Whether there are any weights at all; without them no GPU is looked for."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        entries = (path for path in folders if path.is_dir() and not path.name.startswith("."))
        own = {CHECKPOINTS, STYLES}
        return any(path.name not in own for path in entries) or bool(self.checkpoints() or self.styles())

    def remove(self, name: str) -> None:
        """Delete an entry of the catalogue, and what was pulled of it so far."""
        shutil.rmtree(self.staging(name), ignore_errors=True)
        folder = self.path(name)
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)

    def checkpoints(self) -> tuple[str, ...]:
        """Names of the owner's checkpoints, sorted."""
        return tuple(sorted(dict(self._found(self._checkpoints, folders=True))))

    def checkpoint(self, name: str) -> Path:
        """A checkpoint's folder or file; where there are two of a name, the owner's own."""
        return self._one(self._checkpoints, name, folders=True)

    def styles(self) -> tuple[str, ...]:
        """Names of the owner's style LoRAs, sorted."""
        return tuple(sorted(dict(self._found(self._styles, folders=False))))

    def style(self, name: str) -> Path:
        """A style LoRA's file."""
        return self._one(self._styles, name, folders=False)

    def _one(self, places: tuple[Path, ...], name: str, *, folders: bool) -> Path:
        for found, path in self._found(places, folders=folders):
            if found == name:
                return path
        return places[0] / (name + SUFFIX)

    @staticmethod
    def _found(places: tuple[Path, ...], *, folders: bool) -> Iterator[tuple[str, Path]]:
        """Name and path, the owner's own folder first; other programs have folders within folders."""
        own, *others = places
        if folders:
            for index in sorted(own.glob(f"*/{INDEX}")):
                yield index.parent.name, index.parent
        yield from ((path.stem, path) for path in sorted(own.glob(f"*{SUFFIX}")))
        for place in others:
            indexes = sorted(place.rglob(INDEX)) if folders else []
            pipelines = [index.parent for index in indexes]
            yield from ((pipeline.name, pipeline) for pipeline in pipelines)
            for path in sorted(place.rglob(f"*{SUFFIX}")):
                if not any(path.is_relative_to(pipeline) for pipeline in pipelines):
                    yield path.stem, path


def store_of(environment: Mapping[str, str] = os.environ) -> Store:
    """The store that the variables name; for the engine process."""
    return Store(
        Path(environment.get(FOLDER_VARIABLE) or "models"),
        extra_checkpoints=_folders(environment.get(CHECKPOINTS_VARIABLE, "")),
        extra_styles=_folders(environment.get(STYLES_VARIABLE, "")),
    )


def _folders(text: str) -> tuple[Path, ...]:
    return tuple(Path(part.strip()).expanduser() for part in text.split(",") if part.strip())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
