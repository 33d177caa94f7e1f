from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import imageio_ffmpeg
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from bot.cli import demo
from bot.cli.main import main
from bot.cli.tables.settings_table import table
from bot.config.settings import load_settings, variable
from bot.ops import health
from bot.policies import for_plan
from engine.clips.encode import encode, read_metadata
from engine.core.cancel import CancelToken
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Motion, Recipe, Role, Style
from engine.planning.plan import PlanLimits
from tests import ROOT
from tests.until import until

HELP_SECONDS = 0.5
"""Of processor time: on the clock, it takes longer on a busy machine."""


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def picture(tmp_path):
    image = Image.new("RGB", (160, 120), (90, 140, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 80, 160, 120), fill=(60, 110, 60))
    draw.ellipse((20, 30, 80, 100), fill=(200, 80, 60))
    path = tmp_path / "picture.png"
    image.save(path)
    return path


def framekiln(*words):
    """The program as a shell starts it."""
    code = "from bot.cli.main import main; main(prog_name='framekiln')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_answers_at_once():
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert framekiln("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    print(f"framekiln --help: {min(spent):.2f} s of processor time")
    assert min(spent) < HELP_SECONDS


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom bot.cli.main import main\nmain(['--help'], standalone_mode=False)\n"
        "print(sorted({'numpy', 'discord', 'cv2', 'PIL', 'pydantic', 'rich', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_a_clip_is_made_without_discords_library():
    """Importing it, aiohttp and the buttons took half a second of each ``framekiln render``."""
    code = (
        "import sys\nimport bot.cli.demo\nprint(sorted({'discord', 'aiohttp', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_every_command_says_what_it_does():
    for name, command in main.commands.items():
        run = CliRunner().invoke(main, [name, "--help"])
        assert run.exit_code == 0
        assert command.help
        assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_a_picture_becomes_a_clip_of_the_asked_size_rate_and_length(picture, tmp_path):
    target = tmp_path / "new folder" / "clip.mp4"
    options = ("--size", "96x64", "--seconds", "1", "--fps", "12", "--seed", "3", "--camera", "Push-In")
    run = framekiln("render", picture, *options, "--motion", "wild", "--prompt", "a  lake\n", "-o", target)
    assert run.returncode == 0, run.stderr
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(target))
    details = next(imageio_ffmpeg.read_frames(str(target)))
    assert (frames, details["size"], details["fps"]) == (12, (96, 64), 12.0)
    assert seconds == pytest.approx(1.0, abs=0.05)
    recipe = Recipe.from_json(read_metadata(target)["comment"])
    assert (recipe.kind, recipe.engine, recipe.seed) == (Kind.ANIMATE, "camera", 3)
    assert (recipe.camera, recipe.motion, recipe.prompt) == (Camera.PUSH_IN, Motion.WILD, "a lake")
    assert "96×64, 1.0 s, 12 frames at 12 a second" in run.stdout
    assert "take 1" in run.stdout
    assert "seed 3" in run.stdout
    assert [path.name for path in target.parent.iterdir()] == ["clip.mp4"]


def test_a_prompt_alone_becomes_a_clip_that_says_it_is_a_sketch(tmp_path):
    target = tmp_path / "clip.mp4"
    options = ("--size", "96x64", "--seconds", "0.5", "--fps", "12", "-o", target)
    run = framekiln("render", "--prompt", "a boat at night", *options)
    assert run.returncode == 0, run.stderr
    assert imageio_ffmpeg.count_frames_and_secs(str(target))[0] == 6
    assert "a sketch: " in run.stdout
    assert "· not signed: " in run.stdout
    assert "unsigned" not in run.stderr, "the log is for the bot"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Give a picture, or say what to show with --prompt."),
        (["missing.png"], "'missing.png' does not exist"),
        (["--prompt", "x", "--size", "big"], "write it as WIDTHxHEIGHT"),
        (["--prompt", "x", "--size", "10x10"], "64 to 1920 pixels"),
        (["--prompt", "x", "--seconds", "99"], "0.5 to 10 seconds"),
        (["--prompt", "x", "--seconds", "nan"], "0.5 to 10 seconds"),
        (["--prompt", "x", "--fps", "0"], "1 to 60 frames"),
        (["--prompt", "x", "--seed", "-1"], "0<=x<=4294967295"),
        (["--prompt", "x", "--camera", "sideways"], "“sideways” is not one of: auto, still"),
        (["--prompt", "x", "--engine", "warp"], "no engine called “warp”"),
        (["--prompt", "x", "--engine", "camera"], "needs a picture"),
        (["--prompt", "x", "--motion", "mad"], "“mad” is not one of: gentle, normal, wild"),
        (["picture.txt"], "I don't know that kind of file"),
        (["--prompt", "x", "--restyle", "picture.txt"], "MP4"),
        (["--prompt", "x", "--like", "missing.png"], "'missing.png' does not exist"),
        (["--prompt", "x", "--follow", "depth"], "--follow needs a clip"),
        (["picture.txt", "--first-frame", "picture.txt"], "give only one of them"),
        (
            ["--prompt", "x", "--restyle", "picture.txt", "--reference", "picture.txt"],
            "leave out --reference",
        ),
        (["--prompt", "x", "--size", "²x64"], "write it as WIDTHxHEIGHT"),
        (["--prompt", "x", "--style", "ink"], "no styles here"),
        (["--prompt", "x", "--style", "ink:9"], "at most 2"),
        (["--prompt", "x", "--model", "mine"], "no models here"),
        (["--prompt", "x", "--strength", "2"], "0.1<=x<=1"),
    ],
)
def test_a_wrong_word_is_answered_in_one_clear_line(words, says, tmp_path):
    Path("picture.txt").write_text("no picture, only words")
    run = CliRunner().invoke(main, ["render", *words, "-o", str(tmp_path / "clip.mp4")])
    assert isinstance(run.exception, SystemExit)
    assert run.exit_code in {1, 2}
    *_, last = run.stderr.strip().splitlines()
    assert says in last
    assert "Traceback" not in run.output
    assert not (tmp_path / "clip.mp4").exists()


def test_the_owners_limits_hold_on_the_command_line_too(monkeypatch):
    for name, value in {"max_seconds": "2", "max_side": "320", "max_fps": "30", "fps": "12"}.items():
        monkeypatch.setenv(variable(name), value)
    settings = load_settings()
    assert for_plan(settings) == PlanLimits(max_seconds=2.0, max_side=320, max_fps=30.0, fps=12.0)
    run = CliRunner().invoke(main, ["render", "--prompt", "x", "--seconds", "3", "-o", "clip.mp4"])
    assert run.exit_code == 1
    assert "A clip can be 0.5 to 2 seconds long." in run.stderr


def test_a_clip_is_not_upscaled_without_the_network_and_the_command_says_what_to_do():
    frames = np.random.default_rng(1).integers(0, 256, (8, 64, 96, 3), np.uint8)
    encode(
        frames,
        fps=8.0,
        path=Path("film.mp4"),
        metadata={},
        max_bytes=1_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    run = CliRunner().invoke(main, ["upscale", "film.mp4", "-o", "clip.mp4"])
    assert run.exit_code == 1
    assert run.stderr.strip().endswith("It is missing its weights (span-x2); framekiln models pull span-x2.")
    assert not Path("clip.mp4").exists()


@pytest.fixture
def asked(monkeypatch):
    """What the command line asks for, without making it."""
    found: dict[str, Any] = {}

    async def make_clip(request, files, target, **_):
        found.update(request=request, files=files)
        raise UserError("E_TEST", "enough")

    monkeypatch.setattr(demo, "make_clip", make_clip)

    def ask(*words, command="render"):
        assert "enough" in CliRunner().invoke(main, [command, *words, "-o", "clip.mp4"]).output
        return found["request"], found["files"]

    return ask


def test_files_go_by_what_they_are_for(asked):
    for name in ("a", "b", "c"):
        Path(name).write_text(name)
    request, files = asked("--prompt", "x", "--first-frame", "a", "--like", "b", "--reference", "c")
    assert (request.kind, request.follow) == (Kind.TEXT2VIDEO, None)
    assert files == {Role.PICTURE: b"a", Role.LIKE: b"b", Role.REFERENCE: b"c"}
    request, files = asked("a")
    assert (request.kind, files) == (Kind.ANIMATE, {Role.PICTURE: b"a"})
    request, files = asked("a", "--end", "b")
    assert (request.kind, files) == (Kind.ANIMATE, {Role.PICTURE: b"a", Role.END: b"b"})
    request, files = asked("--restyle", "c", "--prompt", "x", "--strength", "0.4")
    assert (request.kind, request.strength, files) == (Kind.RESTYLE, 0.4, {Role.REFERENCE: b"c"})
    assert (request.seconds, request.fps) == (None, None), "as long as the clip, as smooth as the owner says"
    request, _ = asked("--prompt", "x", "--reference", "c", "--follow", "Soft-Edges")
    assert request.follow is Follow.SOFT_EDGES


def test_the_demo_is_as_long_as_the_owner_allows(asked, monkeypatch):
    monkeypatch.setattr("bot.cli.main._fetch_eyes", lambda _: None)
    Path("a").write_text("a")
    request, _ = asked("a", command="demo")
    assert request.seconds is None, "the usual length, or the longest"


def test_styles_model_and_words_are_asked_for_as_written(asked):
    request, files = asked(
        *("--prompt", " x ", "--style", "ink:0.5", "--style", "neon", "--model", "mine", "--raw"),
        *("--negative", " rain ", "--engine", "animatediff"),
    )
    assert request.styles == (Style(name="ink", weight=0.5), Style(name="neon"))
    assert (request.model, request.raw, request.negative, request.engine) == (
        "mine",
        True,
        " rain ",
        "animatediff",
    )
    assert files == {}
    plain, _ = asked("--prompt", "x")
    assert (plain.styles, plain.model, plain.raw, plain.negative, plain.strength) == (
        (),
        "",
        False,
        None,
        None,
    )


def test_a_place_that_cannot_be_written_is_said_at_once(picture):
    Path("file").write_text("in the way")
    run = framekiln("render", picture, "--size", "96x64", "--seconds", "0.5", "-o", "file/clip.mp4")
    assert run.returncode == 1
    assert "file/clip.mp4" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def test_a_doctor_names_the_missing_token_and_the_way_to_mend_it():
    run = framekiln("doctor")
    assert run.returncode == 1
    assert "✗ DISCORD_TOKEN: is not set" in run.stdout
    assert "put DISCORD_TOKEN=… into .env" in run.stdout
    assert "1 problem keeps the bot from running." in run.stdout
    assert "✓ ffmpeg: can encode H.264" in run.stdout


def test_a_doctor_is_content_where_all_is_well_and_never_shows_the_token():
    Path(".env").write_text("DISCORD_TOKEN=canary\nFRAMEKILN_FSP=24\n")
    run = framekiln("doctor")
    assert run.returncode == 0, run.stdout
    assert run.stdout.rstrip().endswith("The bot can run.")
    assert "FRAMEKILN_FSP: is not a setting" in run.stdout
    assert "canary" not in run.stdout + run.stderr


def test_a_doctor_tells_a_token_from_something_else():
    Path(".env").write_text("DISCORD_TOKEN=104000000000000001\n")
    assert "✗ DISCORD_TOKEN: is set, but is no token" in framekiln("doctor").stdout
    Path(".env").write_text("DISCORD_TOKEN=MTA0.made.up\n")
    assert "✓ DISCORD_TOKEN: is set" in framekiln("doctor").stdout


def test_a_doctor_names_a_wrong_setting(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "some")
    run = framekiln("doctor")
    assert run.returncode == 1
    assert "✗ settings: FRAMEKILN_BACKUPS: " in run.stdout


def test_run_without_a_token_says_where_to_put_it():
    run = framekiln("run")
    assert run.returncode == 1
    assert run.stderr.startswith("DISCORD_TOKEN is not set. framekiln setup asks for it")
    assert f"there is no .env in {Path.cwd()};" in run.stderr
    assert run.stderr.count("\n") == 1


def test_run_says_of_a_folder_what_the_doctor_says(monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    Path("data").write_text("in the way")
    run = framekiln("run")
    assert run.returncode == 1
    assert f"✗ data: data cannot be written: {Path('data').absolute()} is a file, not a folder" in run.stderr
    assert "→ Set FRAMEKILN_DATA_DIR to a folder" in run.stderr


@pytest.mark.parametrize(
    "words", [("keys", "list"), ("dashboard", "key"), ("gallery", "build", "out"), ("backup",), ("check",)]
)
def test_what_needs_a_database_says_how_one_comes_to_be(words):
    run = CliRunner().invoke(main, words)
    assert run.exit_code == 1
    assert f"there is no database at {Path('data/framekiln.db').absolute()}" in run.output
    assert "It is made when framekiln run first starts" in run.output


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
async def test_a_command_that_is_told_to_end_leaves_nothing_in_the_folder_of_temporary_files(tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    code = "from bot.cli.main import main; main(prog_name='framekiln')"
    words = ("render", "--prompt", "a red boat", "--engine", "sketch", "-o", "clip.mp4")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *words, env=environment)
    await until(lambda: list(folder.glob("framekiln-*/framekiln.db")))
    process.terminate()
    assert await process.wait() == 143
    assert list(folder.iterdir()) == []


def test_settings_lists_them_all():
    run = CliRunner().invoke(main, ["settings"])
    assert run.exit_code == 0
    assert run.stdout == table() + "\n"


def test_python_dash_m_bot_is_run():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("DISCORD_TOKEN is not set.")


@pytest.mark.parametrize(
    ("age", "content", "code", "says"),
    [
        (None, None, 1, "the bot is not running"),
        (1.0, {"queue": 3, "engine": "ready"}, 0, "queue: 3, engine: ready"),
        (health.STALE + 1, {"queue": 3}, 1, "no sign of life for "),
        (-3600.0, {"queue": 3}, 1, "s ahead of this clock"),
        (None, {"queue": 3}, 1, "cannot be read"),
        (None, [], 1, "cannot be read"),
    ],
)
def test_health_tells_by_its_exit_status_whether_the_bot_lives(age, content, code, says):
    if content is not None:
        Path("data").mkdir()
        told = content if age is None else {"time": time.time() - age, **content}
        Path("data", health.FILE).write_text(json.dumps(told))
    run = CliRunner().invoke(main, ["health"])
    assert run.exit_code == code
    assert says in run.stdout
