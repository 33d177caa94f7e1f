"""A workflow without weights: a real server draws it as well as the fake."""

import json
from pathlib import Path
from typing import Any

WEIGHTLESS: dict[str, Any] = {
    "1": {
        "class_type": "LoadImage",
        "_meta": {"title": "framekiln:picture"},
        "inputs": {"image": "framekiln/in.png"},
    },
    "2": {
        "class_type": "ImageScale",
        "_meta": {"title": "framekiln:width framekiln:height"},
        "inputs": {
            "image": ["1", 0],
            "upscale_method": "lanczos",
            "width": 320,
            "height": 192,
            "crop": "center",
        },
    },
    "3": {
        "class_type": "RepeatImageBatch",
        "_meta": {"title": "framekiln:frames"},
        "inputs": {"image": ["2", 0], "amount": 24},
    },
    "4": {
        "class_type": "CreateVideo",
        "_meta": {"title": "framekiln:fps"},
        "inputs": {"images": ["3", 0], "fps": 12.0},
    },
    "5": {
        "class_type": "SaveVideo",
        "_meta": {"title": "framekiln:clip"},
        "inputs": {
            "video": ["4", 0],
            "filename_prefix": "framekiln/clip",
            "format": "mp4",
            "codec": "h264",
        },
    },
}


def write_workflow(folder: Path) -> None:
    """Put it into a folder of workflows."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "still.json").write_text(json.dumps(WEIGHTLESS))
