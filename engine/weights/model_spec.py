"""What can be said of weights before they are here: where they come from, how large, under which licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

MB = 1_000_000
GB = 1_000_000_000
"""Bytes, as download pages count them."""

WHOLE = "diffusion_pytorch_model.safetensors"
FP16 = "diffusion_pytorch_model.fp16.safetensors"
"""Names that diffusers gives a model's weights: all of their digits, and half of them."""


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """Files of a repository on the Hugging Face hub.

    Attributes:
        repo: ``owner/name``.
        files: the ones that are needed, as paths in the repository; ``*`` stands for any characters, where
            the number of parts is the repository's own affair.
        revision: a commit, 40 hex digits; "" where none was pinned yet: the owner's first pull pins it.
        sha256: file → hex digest, as far as known.
    """

    repo: str
    files: tuple[str, ...]
    revision: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """Where people read about it, and accept what its authors ask."""
        return f"https://huggingface.co/{self.repo}"


@dataclass(frozen=True, kw_only=True)
class PackageSource:
    """One file inside a package.

    Attributes:
        package, version: as the index of packages has them.
        member: the file's path in the package.
        member_size: its bytes.
        sha256: its hex digest.
    """

    package: str
    version: str
    member: str
    member_size: int
    sha256: str

    @property
    def file(self) -> str:
        """The file's own name, which it keeps."""
        return PurePosixPath(self.member).name


@dataclass(frozen=True, kw_only=True)
class WheelSource(PackageSource):
    """One file inside a Python package's wheel."""

    @property
    def page(self) -> str:
        """Where people read about it."""
        return f"https://pypi.org/project/{self.package}/{self.version}/"


@dataclass(frozen=True, kw_only=True)
class NpmSource(PackageSource):
    """One file inside an npm package's tarball, or a part of one that holds several.

    Attributes:
        start: the first byte of the member that is wanted. Size and digest are those of what follows.
        name: of the file that is made of it.
        reach: bytes of the tarball, compressed, up to the file's end.
    """

    start: int = 0
    name: str
    reach: int

    @property
    def file(self) -> str:
        """The name of what is kept."""
        return self.name

    @property
    def page(self) -> str:
        """Where people read about it."""
        return f"https://www.npmjs.com/package/{self.package}/v/{self.version}"


@dataclass(frozen=True, kw_only=True)
class Licence:
    """What an owner agrees to.

    Attributes:
        name: SPDX, or the name its authors gave it.
        url: where its text is.
        commercial: in a sentence, whether clips may be made for money.
        free: it asks nothing of people who sell clips.
    """

    name: str
    url: str
    commercial: str
    free: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Weights.

    Attributes:
        name: as ``framekiln models pull`` takes it.
        about: one line.
        source: where they come from.
        licence: what was agreed to.
        size: bytes to download, about.
        memory: profile → bytes of GPU memory that its authors, or people who measured it, name for it.
    """

    name: str
    about: str
    source: HubSource | WheelSource | NpmSource
    licence: Licence
    size: int
    memory: Mapping[str, int] = field(default_factory=dict)

    @property
    def needs_torch(self) -> bool:
        """Whether torch runs it, on the GPU if there is one. OpenCV runs the others, on the processor."""
        source = self.source
        return not (isinstance(source, PackageSource) and source.file.endswith((".onnx", ".tflite")))
