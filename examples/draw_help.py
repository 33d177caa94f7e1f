"""Draw the examples of ``/help``: ``python -m examples.draw_help``. It takes a minute, and no weights.

Each is what the button *Try it* asks for, made by the command line at a small size, as a GIF.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).parent.parent
OUT = ROOT / "bot" / "guide" / "examples"
LAKE = ROOT / "bot" / "cli" / "lake.jpg"

WIDTH, RATE, COLOURS = 240, 10, 64
SMALL = ("--quality", "fast", "--seconds", "2.5", "--seed", "5", "--size", "320x180")

ASKED = {
    "picture": ("render", str(LAKE), *SMALL),
    "words": ("render", "--prompt", "a red boat on the sea at sunset", *SMALL),
    "draft-2": ("render", str(LAKE), "--camera", "pull out", *SMALL),
    "draft-3": ("render", str(LAKE), "--camera", "orbit", *SMALL),
    "effect": ("effect", "snow globe", str(LAKE), "--seed", "5"),
}
"""The name of each GIF, and what the command line is asked for. The clip of the picture is draft 1."""


def small_gif(clip: Path, out: Path) -> None:
    """Turn a clip into a small GIF that is repeated for ever, with one palette for all frames."""
    steps = (
        f"fps={RATE},scale={WIDTH}:-2:flags=lanczos,split[a][b];"
        f"[a]palettegen=max_colors={COLOURS}:stats_mode=full[p];[b][p]paletteuse=dither=none"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(clip)]
    subprocess.run([*command, "-filter_complex", steps, "-loop", "0", str(out)], check=True)


def main() -> None:
    """Write every example."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, asked in ASKED.items():
            clip = Path(folder) / f"{name}.mp4"
            program = (sys.executable, "-c", "from bot.cli.main import main; main()")
            subprocess.run([*program, *asked, "-o", str(clip)], cwd=ROOT, check=True)
            small_gif(clip, OUT / f"{name}.gif")


if __name__ == "__main__":
    main()
