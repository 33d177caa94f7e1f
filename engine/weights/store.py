"""Where weights lie on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from engine.weights.kinds import checkpoint_misfit, style_misfit
from engine.weights.lock import Record, read_manifest
from engine.weights.model_spec import ModelSpec
from engine.weights.placed_by_hand import INDEX, SUFFIX, is_whole
from engine.weights.shared import WITHOUT_TORCH

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
        """Whether an entry's weights are here, whole: by names, sizes and headers; the bytes are not read."""
        folder = self.path(spec.name)
        record = read_manifest(folder)
        if record is not None:
            return all(_size(folder / path) == file.size for path, file in record.files.items())
        if not folder.is_dir() or self.staging(spec.name).exists():
            return False
        return is_whole(folder, spec)

    def in_use(self) -> bool:
        """Whether there are weights that torch runs. Otherwise no GPU is looked for, which takes seconds."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        entries = (path for path in folders if path.is_dir() and not path.name.startswith("."))
        others = {CHECKPOINTS, STYLES, *WITHOUT_TORCH}
        return any(path.name not in others for path in entries) or bool(self.checkpoints() or self.styles())

    def remove(self, name: str) -> None:
        """Delete an entry of the catalogue, and what was pulled of it so far."""
        shutil.rmtree(self.staging(name), ignore_errors=True)
        folder = self.path(name)
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)

    def checkpoints(self) -> tuple[str, ...]:
        """Names of the owner's checkpoints that can be used here, sorted."""
        return _usable(self._checkpoints_found())

    def checkpoint(self, name: str) -> Path:
        """A checkpoint's folder or file; where there are two of a name, the first that can be used."""
        found = self._checkpoints_found().get(name)
        return self._checkpoints[0] / (name + SUFFIX) if found is None else found[0]

    def styles(self) -> tuple[str, ...]:
        """Names of the owner's style LoRAs that can be used here, sorted."""
        return _usable(self._styles_found())

    def style(self, name: str) -> Path:
        """A style LoRA's file."""
        found = self._styles_found().get(name)
        return self._styles[0] / (name + SUFFIX) if found is None else found[0]

    def unusable(self) -> dict[str, str]:
        """What lies in the owner's folders and cannot be used: name → why, in words that follow “because”."""
        found = self._checkpoints_found() | self._styles_found()
        return {name: why for name, (_, why) in sorted(found.items()) if why}

    def _checkpoints_found(self) -> dict[str, tuple[Path, str]]:
        """Name → where it is, and why it cannot be used: "" where it can."""
        return _judged(self._found(self._checkpoints, folders=True), checkpoint_misfit)

    def _styles_found(self) -> dict[str, tuple[Path, str]]:
        return _judged(self._found(self._styles, folders=False), style_misfit)

    @staticmethod
    def _found(places: tuple[Path, ...], *, folders: bool) -> Iterator[tuple[str, Path]]:
        """Name and path, the owner's own folder first; other programs have folders within folders.

        What is hidden (a name that begins with a dot) is not the owner's: macOS lays its notes so.
        """
        own, *others = places
        if folders:
            for index in _seen(own, f"*/{INDEX}"):
                yield index.parent.name, index.parent
        yield from ((path.stem, path) for path in _seen(own, f"*{SUFFIX}"))
        for place in others:
            pipelines = [index.parent for index in _seen(place, f"**/{INDEX}")] if folders else []
            yield from ((pipeline.name, pipeline) for pipeline in pipelines)
            for path in _seen(place, f"**/*{SUFFIX}"):
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


def _judged(found: Iterator[tuple[str, Path]], misfit: Callable[[Path], str]) -> dict[str, tuple[Path, str]]:
    """Of each name the first that can be used, else the first."""
    judged: dict[str, tuple[Path, str]] = {}
    for name, path in found:
        if name not in judged or judged[name][1]:
            why = misfit(path)
            if name not in judged or not why:
                judged[name] = path, why
    return judged


def _usable(found: Mapping[str, tuple[Path, str]]) -> tuple[str, ...]:
    return tuple(sorted(name for name, (_, why) in found.items() if not why))


def _seen(place: Path, pattern: str) -> list[Path]:
    """What matches in a folder, sorted, without hidden files and folders."""
    return [
        path
        for path in sorted(place.glob(pattern))
        if not any(part.startswith(".") for part in path.relative_to(place).parts)
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
