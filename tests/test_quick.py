"""`make quick` chooses the tests that belong to what has changed, the nearest first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.quick import LIMIT, ROOMS, ROOT, selection

FILES = {
    "bot/desk.py": "",
    "bot/clips/look.py": "",
    "bot/clips/__init__.py": "",
    "engine/quality/flicker.py": "",
    "engine/quality/verdict.py": "from engine.quality import flicker\n",
    "engine/round.py": "import engine.round\n",
    "db/migrations/0001.sql": "",
    "tests/conftest.py": "",
    "tests/bot/house.py": "",
    "tests/bot/test_desk.py": "from bot.desk import Desk\nfrom house import town\n",
    "tests/bot/test_buttons.py": "from bot import desk\n",
    "tests/bot/clips/test_frames.py": "from bot.clips.look import look\n",
    "tests/bot/clips/test_look.py": "",
    "tests/db/migrations/test_moves.py": "",
    "tests/db/test_queue.py": "import db.queue\n",
    "tests/engine/test_gate.py": "from engine.quality.verdict import judge\n",
    "tests/engine/test_plan.py": "",
    "tests/test_docs.py": "",
    "tests/test_house.py": "",
}


@pytest.fixture
def town(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("bot/desk.py", ["bot/test_desk.py", "bot/test_buttons.py", "test_house.py"]),
        ("bot/clips/look.py", ["bot/clips/test_look.py", "bot/clips/test_frames.py", "test_house.py"]),
        ("bot/clips/gone.py", ["test_house.py", "bot/clips/test_frames.py", "bot/clips/test_look.py"]),
        ("bot/clips/__init__.py", ["test_house.py", "bot/clips/test_frames.py", "bot/clips/test_look.py"]),
        ("engine/quality/flicker.py", ["engine/test_gate.py", "test_house.py"]),
        ("engine/round.py", ["test_house.py"]),
        ("db/migrations/0001.sql", ["db/migrations/test_moves.py"]),
        ("engine/calibration.json", ["engine/test_gate.py", "engine/test_plan.py"]),
        ("tests/bot/house.py", ["bot/test_desk.py"]),
        ("tests/bot/test_desk.py", ["bot/test_desk.py"]),
        ("tests/bot/test_gone.py", []),
        ("tests/db/conftest.py", ["db/migrations/test_moves.py", "db/test_queue.py"]),
        ("tests/conftest.py", []),
        ("docs/start.md", ["test_docs.py", "test_house.py"]),
        ("pyproject.toml", ["test_docs.py", "test_house.py"]),
        ("examples/draw.py", []),
    ],
)
def test_a_changed_file_calls_for_its_tests_the_nearest_first(town, file, tests):
    assert selection([file], town) == [f"tests/{test}" for test in tests]


def test_two_changes_call_for_each_test_once(town):
    both = selection(["bot/desk.py", "tests/bot/test_desk.py"], town)
    assert len(both) == len(set(both))
    assert both[0] == "tests/bot/test_desk.py"


def test_what_begins_after_the_time_is_up_is_left_and_counted(tmp_path):
    (tmp_path / "test_three.py").write_text("def test_a(): pass\ndef test_b(): pass\ndef test_c(): pass\n")
    words = ("-q", "-p", "tests.quick", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", LIMIT: "0"}
    command = (sys.executable, "-m", "pytest", "-c", os.devnull, *map(str, words))
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 tests were left for make test" in run.stdout
    assert "1 passed, 2 skipped" in run.stdout


def test_every_test_that_is_chosen_here_exists():
    everything = [path for room in ROOMS for path in (ROOT / room).rglob("*.*")]
    chosen = selection([str(path.relative_to(ROOT)) for path in everything], ROOT)
    assert chosen
    assert all((ROOT / test).exists() for test in chosen)
