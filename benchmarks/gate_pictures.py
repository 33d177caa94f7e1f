"""Two contact sheets for docs/quality.md: a defect that is caught, and one that is missed.

``python -m benchmarks.gate_pictures`` draws them from this repository's own clip of its example picture.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.defects import DEFECTS
from benchmarks.own_clips import camera, lake
from engine.clips.sheet import contact_sheet
from engine.gate import judge

DOCS = Path(__file__).parents[1] / "docs"
SHOWN = {"caught.png": ("tearing", 3), "missed.png": ("ghosting", 2)}


def main() -> None:
    """Draw both, and print the verdicts."""
    clip = camera(1, lake(), size=(512, 288))
    for name, (defect, strength) in SHOWN.items():
        frames = DEFECTS[defect](clip.frames, strength, np.random.default_rng(1))
        verdict = judge(frames, clip.reference, 12.0)
        print(name, defect, strength, verdict.outcome, "; ".join(verdict.reasons))
        sheet = contact_sheet(np.asarray(frames[:6], np.uint8), 12.0, width=540)[..., ::-1]
        # Few colours keep a page of documentation light.
        sheet = (sheet // 8 * 8 + 4).astype(np.uint8)
        cv2.imwrite(str(DOCS / name), sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
