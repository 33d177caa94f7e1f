"""Small repositories in the layouts and under the file names of the real ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np

from engine.weights.model_spec import HubSource, ModelSpec


def weights(name: str, *, size: int = 40_000) -> bytes:
    """A .safetensors file of one tensor; its bytes depend on the name alone."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    body = np.random.default_rng(seed).bytes(size)
    header = json.dumps({"x": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + body


@dataclass
class Repo:
    """A repository at one commit.

    Attributes:
        files: path → content.
        token: whoever has it may read; None: everybody.
        lfs: suffixes of files of which the hub tells the sha256.
    """

    files: dict[str, bytes]
    token: str | None = None
    lfs: tuple[str, ...] = (".safetensors", ".pth", ".pt", ".bin", ".model")
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.commit()

    @property
    def head(self) -> str:
        """The newest commit."""
        return list(self.commits)[-1]

    def commit(self, revision: str | None = None) -> str:
        """Keep the files as they are now under a commit of their own."""
        content = repr(sorted(self.files.items())).encode()
        revision = revision or hashlib.sha1(content, usedforsecurity=False).hexdigest()
        self.commits[revision] = dict(self.files)
        return revision

    def listing(self, revision: str) -> dict[str, object]:
        """As the hub's API tells it with ``blobs=true``."""
        siblings = [self._sibling(path, data) for path, data in self.commits[revision].items()]
        return {"id": "-", "sha": revision, "siblings": siblings}

    def _sibling(self, path: str, data: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        told: dict[str, object] = {"rfilename": path, "blobId": blob, "size": len(data)}
        if path.endswith(self.lfs):
            digest = hashlib.sha256(data).hexdigest()
            told["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
        return told


def hub_source(spec: ModelSpec) -> HubSource:
    """Where an entry of the hub comes from."""
    assert isinstance(spec.source, HubSource)
    return spec.source


def tiny_pipeline(source: HubSource, *, extra: dict[str, bytes] | None = None) -> Repo:
    """A repository that has what a source asks for, and the usual litter beside it."""
    files: dict[str, bytes] = {}
    for path in source.files:
        if path == "model_index.json":
            parts = {name.split("/")[0] for name in source.files if "/" in name}
            index = {"_class_name": "Tiny", **{part: ["diffusers", part.title()] for part in sorted(parts)}}
            files[path] = json.dumps(index).encode()
        elif "*" in path:
            start = path.partition("/")[0] + "/diffusion_pytorch_model"
            for number in (1, 2):
                name = f"{start}-{number:05}-of-00002.safetensors"
                files[name] = weights(name)
        elif path.endswith(".safetensors"):
            files[path] = weights(source.repo + path)
        elif path.endswith((".pth", ".pt", ".model")):
            files[path] = hashlib.sha256(path.encode()).digest() * 100
        else:
            files[path] = json.dumps({"file": path}).encode()
    litter = {"README.md": b"# tiny\n", ".gitattributes": b"", "unet/diffusion_pytorch_model.bin": b"pickle"}
    return Repo(files | litter | (extra or {}))
