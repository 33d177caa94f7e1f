"""`framekiln workflows`: what is in the folder, and what a server lacks for it."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from tests import ROOT

SHIPPED = ROOT / "workflows"
RECORDED = json.loads((ROOT / "tests/engine/elsewhere/object_info.json").read_text("utf-8"))
STATS = {"system": {"comfyui_version": "0.27.0"}, "devices": [{"vram_total": 24_000_000_000}, "odd"]}


class Recorded(BaseHTTPRequestHandler):
    """Answers as the recorded server did; one class it does not have."""

    def do_GET(self):
        what, _, name = unquote(self.path).strip("/").partition("/")
        told = STATS if what == "system_stats" else {name: RECORDED[name]} if name != "LoadAudio" else {}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorded) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path):
    return CliRunner().invoke(main, ("workflows", *map(str, words)))


def test_without_a_folder_the_setting_is_named():
    done = run("list")
    assert done.exit_code == 1
    assert "FRAMEKILN_WORKFLOWS_DIR" in done.output


def test_the_list_says_what_each_makes_and_takes(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_WORKFLOWS_DIR", str(SHIPPED))
    said = run("list").output.splitlines()
    at = said.index("comfyui/wan2.2-talking: your picture speaks the sound you give")
    assert said[at + 1] == "    makes: animate; 16 frames a second, 4.81 s at most"
    assert said[at + 2].startswith("    takes: picture, sound-in, prompt")


def test_without_a_server_the_files_are_checked(tmp_path):
    shutil.copy(SHIPPED / "test.json", tmp_path)
    assert "there is no test.toml" in run("check", tmp_path).output
    assert run("check", tmp_path).exit_code == 1
    shutil.copy(SHIPPED / "test.toml", tmp_path)
    done = run("check", tmp_path)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == "✓ test: its files can be used"


def test_what_the_server_lacks_is_said_for_each_workflow(server):
    done = run("check", SHIPPED, "--server", server)
    said = done.output.splitlines()
    assert done.exit_code == 1
    assert said[0].endswith(": ComfyUI 0.27.0")
    assert "✓ wan2.2-picture" in said
    at = said.index("✗ wan2.2-talking: something is missing")
    assert said[at + 1].startswith(
        "    “framekiln:sound-in” (2) is a “LoadAudio”, which the server doesn't have"
    )
    assert "    it wants about 32 GB of GPU memory, and the server has 24: it may be slow" in said


def test_all_is_well_where_nothing_is_missing(server, tmp_path):
    for name in ("test.json", "test.toml"):
        shutil.copy(SHIPPED / name, tmp_path)
    done = run("check", tmp_path, "--server", server)
    assert (done.exit_code, done.output.splitlines()[1:]) == (0, ["✓ test"])


def test_a_server_that_is_away_is_said_plainly():
    done = run("check", SHIPPED, "--server", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "✗ The server can't be asked: 127.0.0.1:9" in done.output
    assert "Traceback" not in done.output
