"""What a camera clip costs: CPU seconds and peak memory by length and rate, beside ffmpeg's zoompan.

``python -m benchmarks.camera [PICTURE]``; each clip is made by a process of its own, from the command line.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg

from tests import ROOT

SIZE = "704x464"
CLIPS = ((2, 24), (4, 24), (8, 24), (4, 60), (8, 60))
"""Seconds, and frames a second."""


def measured(command: list[str]) -> tuple[float, int]:
    """CPU seconds and peak memory in MB of a program and all that it starts."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, capture_output=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def zoompan(picture: Path, seconds: int, fps: int, out: Path) -> list[str]:
    """The command with which ffmpeg alone makes a zoom of the same length, size and rate."""
    frames = seconds * fps
    zoom = f"scale=1408:928,zoompan=z='1+0.13*on/{frames}':d={frames}:s={SIZE}:fps={fps}"
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-i", str(picture), "-vf", zoom,
        "-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", str(out),
    ]  # fmt: skip


def main(picture: Path) -> None:
    """Print a table."""
    program = [str(Path(sys.executable).with_name("framekiln")), "render"]
    print("seconds  fps   camera CPU s  peak MB   zoompan CPU s  peak MB")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "clip.mp4")
        for seconds, fps in CLIPS:
            asked = ["--engine", "camera", "--seed", "1", "--size", SIZE]
            asked += ["--seconds", str(seconds), "--fps", str(fps), "--output", str(out)]
            cpu, memory = measured([*program, str(picture), *asked])
            plain, least = measured(zoompan(picture, seconds, fps, out))
            print(
                f"{seconds:>7}  {fps:>3}  {cpu:>13.1f}  {memory:>7}  {plain:>14.1f}  {least:>7}", flush=True
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "examples" / "pagoda.jpg")
