"""What a stranger gets: the wheel, installed where the source is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SOURCES = ("bot", "engine", "db", "system", "pyproject.toml", "LICENSE", PROJECT["readme"])

pytestmark = pytest.mark.slow


def run(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the checkout and nothing stale is packed."""
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", copy / "dist", ".", cwd=copy)
    (made,) = (copy / "dist").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def framekiln(wheel, tmp_path_factory):
    """The program of the installed wheel; the dependencies come from the environment of the tests."""
    home = tmp_path_factory.mktemp("home")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = home / "venv/bin/python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=home,
    )
    (packages,) = (home / "venv/lib").glob("python*/site-packages")
    # After the wheel's own folder, so that the wheel is what is imported.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = run(
        python, "-c", "import bot, db, engine; print(bot.__file__, db.__file__, engine.__file__)", cwd=home
    )
    assert all(name.startswith(str(packages)) for name in where.split())

    def call(*words):
        return run(home / "venv/bin/framekiln", *words, cwd=home)

    return call


def test_the_wheel_holds_the_packages_and_their_data(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == set(SOURCES[:4])
    wanted = {str(path.relative_to(ROOT)) for path in (ROOT / "db/migrations").glob("*.sql")}
    wanted |= {f"{room}/py.typed" for room in ("bot", "engine", "system")}
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "bot/text/catalogues").glob("*.po*")}
    sketch = (ROOT / "engine/families/sketch/data").rglob("*")
    wanted |= {str(path.relative_to(ROOT)) for path in sketch if path.is_file()}
    wanted |= {str(path.relative_to(ROOT)) for room in SOURCES[:4] for path in (ROOT / room).rglob("*.py")}
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "bot/guide/examples").glob("*.gif")}
    wanted.add("bot/cli/lake.jpg")
    assert wanted <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_program_knows_its_version_and_its_commands(framekiln):
    assert framekiln("--version") == f"framekiln {PROJECT['version']}\n"
    assert "render" in framekiln("--help")


def test_the_installed_program_makes_a_clip(framekiln, tmp_path):
    """The whole way, queue and engine process included, so the migrations must be found too."""
    Image.linear_gradient("L").resize((160, 120)).convert("RGB").save(tmp_path / "picture.png")
    target = tmp_path / "clip.mp4"
    options = ("--size", "96x64", "--seconds", "0.5", "--fps", "12", "-o", target)
    framekiln("render", tmp_path / "picture.png", *options)
    assert imageio_ffmpeg.count_frames_and_secs(str(target))[0] == 6
