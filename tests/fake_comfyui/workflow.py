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
        "_meta": {"title": "framekiln:width, height"},
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


ABOUT = """
title = "A picture that comes nearer"
kinds = ["animate"]
fps = 12
min_fps = 4
multiple = 2

[sizes]
fast = "320x192"
balanced = "320x192"
best = "320x192"
"""

ENGINE = "comfyui/nearer"


def write_workflow(folder: Path, *, graph: Any = WEIGHTLESS, about: str = ABOUT) -> None:
    """Put a workflow into a folder of them."""
    folder.mkdir(parents=True, exist_ok=True)
    name = ENGINE.partition("/")[2]
    (folder / f"{name}.json").write_text(json.dumps(graph))
    (folder / f"{name}.toml").write_text(about)


def panning(frames: int = 24, step: int = 4) -> dict[str, Any]:
    """A workflow without weights whose clip moves on a real server, too: a window slides over the picture."""
    graph: dict[str, Any] = {"1": WEIGHTLESS["1"], "2": {**WEIGHTLESS["2"], "_meta": {"title": "wide"}}}
    graph["2"]["inputs"] = {**graph["2"]["inputs"], "width": 320 + frames * step, "height": 192}
    so_far: list[Any] = []
    for at in range(frames):
        window = {"image": ["2", 0], "width": 320, "height": 192, "x": at * step, "y": 0}
        graph[f"c{at}"] = {"class_type": "ImageCrop", "inputs": window}
        if so_far:
            both = {"image1": so_far, "image2": [f"c{at}", 0]}
            graph[f"b{at}"] = {"class_type": "ImageBatch", "inputs": both}
        so_far = [f"b{at}" if so_far else f"c{at}", 0]
    graph["4"] = {"class_type": "CreateVideo", "inputs": {"images": so_far, "fps": 12.0}}
    graph["5"] = WEIGHTLESS["5"]
    return graph


PANNING = """
title = "A window that slides over a picture"
kinds = ["animate"]
fps = 12
longest = 24
multiple = 2

[sizes]
fast = "320x192"
balanced = "320x192"
best = "320x192"
"""
