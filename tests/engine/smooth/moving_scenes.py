"""Clips made by code: textured, moving, and good."""

from __future__ import annotations

import cv2
import numpy as np


def scenery(height=400, width=600, seed=0):
    """A coloured texture without grain, float32 [height, width, 3]."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 120, np.float32)
    for sigma, levels in ((60, 45), (20, 30), (7, 22), (3, 10), (1.2, 9)):
        noise = rng.standard_normal((height, width, 3)).astype(np.float32)
        noise = 0.6 * noise + 0.4 * noise.mean(axis=2, keepdims=True)
        smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
        picture += smooth / smooth.std() * levels
    return np.clip(picture, 12, 243)


def pan(frames=16, height=144, width=208, step=2.3, seed=0):
    """The camera glides over scenery, uint8 [frames, height, width, 3]."""
    picture = scenery(height + 40, width + int(step * frames) + 40, seed)
    centres = [(width / 2 + 8 + step * t, height / 2 + 8 + 0.3 * t) for t in range(frames)]
    return np.stack([cv2.getRectSubPix(picture, (width, height), centre) for centre in centres]).astype(
        np.uint8
    )


def zoom(frames=16, height=144, width=208, growth=0.2, seed=1):
    """The camera comes nearer."""
    picture = scenery(height, width, seed)
    out = []
    for t in range(frames):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, 1.1 + growth * t / frames)
        out.append(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC))
    return np.clip(np.stack(out), 0, 255).astype(np.uint8)


def ball(frames=16, height=144, width=208, seed=2):
    """Nothing moves but a small disc."""
    picture = scenery(height, width, seed).astype(np.uint8)
    out = np.stack([picture] * frames)
    for t, frame in enumerate(out):
        cv2.circle(frame, (20 + 9 * t, 70), 12, (240, 240, 60), -1)
    return out


def drawing(frames=16, height=144, width=208):
    """Flat colours on white; a square walks."""
    out = np.full((frames, height, width, 3), 255, np.uint8)
    for t, frame in enumerate(out):
        cv2.circle(frame, (150, 80), 40, (30, 90, 220), -1)
        cv2.rectangle(frame, (10 + 5 * t, 40), (60 + 5 * t, 110), (250, 60, 60), -1)
    return out
