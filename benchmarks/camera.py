"""What a clip without weights costs: CPU seconds and peak memory, beside ffmpeg's zoompan.

``python -m benchmarks.camera [PICTURE] [--before OTHER/.venv/bin/framekiln]``; each clip is made by a process
of its own, from the command line. With another checkout's program, both take turns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg

from tests import ROOT

SIZE = "704x464"
CLIPS = ((2, 24), (4, 24), (8, 24), (2, 60), (4, 60), (8, 60))
"""Seconds, and frames a second."""
PROMPT = "a fox running through the snow at night"


def measured(command: list[str], folder: Path = ROOT) -> tuple[float, int]:
    """CPU seconds and peak memory in MB of a program and all that it starts, from its own checkout."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, capture_output=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True, cwd=folder
    )
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


def rendering(program: Path, engine: str, picture: Path, seconds: int, fps: int, out: Path) -> list[str]:
    """The command that makes one clip."""
    asked = ["--engine", engine, "--seed", "1", "--size", SIZE, "--seconds", str(seconds), "--fps", str(fps)]
    subject = [str(picture)] if engine == "camera" else ["--prompt", PROMPT]
    return [str(program), "render", *subject, *asked, "--output", str(out)]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, nargs="?", default=ROOT / "examples" / "pagoda.jpg")
    parser.add_argument("--before", type=Path, help="the program of another checkout")
    parser.add_argument("--engines", nargs="+", default=["camera", "sketch"])
    options = parser.parse_args()
    programs = {"now": Path(sys.executable).with_name("framekiln")}
    if options.before is not None:
        programs = {"before": options.before, **programs}
    print("engine   seconds  fps", *(f"{name:>7} CPU s  peak MB" for name in (*programs, "zoompan")))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "clip.mp4")
        for engine in options.engines:
            for seconds, fps in CLIPS:
                made = [
                    measured(
                        rendering(program, engine, options.picture.absolute(), seconds, fps, out),
                        program.absolute().parents[2],
                    )
                    for program in programs.values()
                ]
                made.append(measured(zoompan(options.picture, seconds, fps, out)))
                figures = (f"{cpu:>13.1f}  {memory:>7}" for cpu, memory in made)
                print(f"{engine:8} {seconds:>7}  {fps:>3}", *figures, flush=True)


if __name__ == "__main__":
    main()
