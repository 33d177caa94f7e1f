"""The gate of meaning with the real networks, where they are installed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.meaning_faults import captioned, garbled
from engine.gate import judge
from engine.vision.eyes import Eye, Eyes
from engine.weights.store import Store

ROOT = Path(__file__).parents[3]
STORE = Store(ROOT / "models")


@pytest.mark.skipif(not Eyes(STORE).has(Eye.TEXT), reason="framekiln models pull eyes")
def test_a_caption_over_the_lake_is_found_garbled_and_passes_as_it_is():
    picture = np.asarray(cv2.imread(str(ROOT / "examples" / "lake.png")), np.uint8)
    small = np.asarray(cv2.resize(picture, (384, 224), interpolation=cv2.INTER_AREA), np.uint8)
    still = np.stack([np.roll(small, t, axis=1) for t in range(12)])
    codes = [
        {finding.code for finding in judge(frames, frames[0], 8, eyes=Eyes(STORE)).findings}
        for frames in (
            captioned(still, np.random.default_rng(3))[0],
            garbled(still, 3, np.random.default_rng(3)),
        )
    ]
    assert "text_garbled" not in codes[0]
    assert "text_garbled" in codes[1]
