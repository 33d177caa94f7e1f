"""What a fake ComfyUI draws: the picture that it was given, which slowly comes nearer."""

import io
import tempfile
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.clips.encode import encode
from engine.core.cancel import CancelToken


@lru_cache(maxsize=64)
def clip_of(picture: bytes, width: int, height: int, frames: int, fps: float, seed: int) -> bytes:
    """An MP4 of a picture."""
    whole = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB").resize((width, height)))
    drawn = [_nearer(whole, 1.0 + 0.12 * at / frames, seed) for at in range(frames)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        encode(
            np.stack(drawn),
            fps=fps,
            path=path,
            metadata={"comment": '{"prompt": "the whole graph stands here"}'},
            max_bytes=50_000_000,
            progress=lambda _: None,
            cancel=CancelToken(),
        )
        return path.read_bytes()


def _nearer(whole: np.ndarray, scale: float, seed: int) -> np.ndarray:
    height, width = whole.shape[:2]
    across = 0.3 + 0.4 * (seed % 97) / 96
    rows = [[scale, 0, (1 - scale) * width * across], [0, scale, (1 - scale) * height / 2]]
    matrix = np.array(rows, np.float32)
    return cv2.warpAffine(
        whole, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


@lru_cache(maxsize=64)
def preview_of(picture: bytes, share: float) -> bytes:
    """A JPEG of a picture that is coming out of the fog."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").resize((160, 96))
    fog = Image.new("RGB", image.size, (128, 128, 128))
    out = io.BytesIO()
    Image.blend(fog, image, share).save(out, "JPEG", quality=85)
    return out.getvalue()
