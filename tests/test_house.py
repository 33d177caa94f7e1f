"""The rules of the house: who may import whom, how long a module may be, and what no file may hold."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "engine", "db")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LONGEST = 350

FORBIDDEN = {
    "engine": {"bot", "db", "discord", "aiosqlite", "sqlite3", "pydantic_settings"},
    "db": {"bot", "engine", "discord"},
    "bot": set(),
}
FAMILIES = ROOT / "engine" / "families"

HEAVY = {"torch", "torchvision", "diffusers", "transformers", "accelerate", "peft", "controlnet_aux"}


def name_of(path):
    return str(path.relative_to(ROOT))


def may_import_torch(path):
    """What the families share, and a family's own modules but ``__init__``, which is read at each start."""
    if path.is_relative_to(ROOT / "engine" / "diffusion"):
        return True
    return FAMILIES in path.parents[1:] and path.name != "__init__.py"


def imported(nodes):
    """The first part of each absolute name that is imported."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides which room it enters"
            found.add(node.module.split(".")[0])
    return found


def at_import(node):
    """All nodes that run at import: not the bodies of functions, nor what only mypy reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from at_import(child)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_what_it_may(path):
    room = path.relative_to(ROOT).parts[0]
    tree = ast.parse(path.read_text("utf-8"))
    assert not imported(ast.walk(tree)) & FORBIDDEN[room]
    if not may_import_torch(path):
        assert not imported(at_import(tree)) & HEAVY
        reached = {node.module for node in at_import(tree) if isinstance(node, ast.ImportFrom)}
        assert not {name for name in reached if name.startswith("engine.diffusion")}


def test_importing_every_module_leaves_torch_alone():
    assert find_spec("torch") is not None, "torch must be installed, or this proves nothing"
    light = [path for path in MODULES if not may_import_torch(path)]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in light]
    names = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_and_named_after_what_it_holds(path):
    lines = path.read_text("utf-8").count("\n")
    assert lines <= LONGEST, f"{lines} lines"
    assert not re.search(r"utils?|helpers?|managers?|misc|common", path.stem)


def test_no_model_brings_code_of_its_own():
    """Weights are numbers. The hub can also ship programs beside them, for whoever says yes to that."""
    said_yes = re.compile(r"trust_remote_code|custom_pipeline|torch\.hub|weights_only\s*=\s*False")
    assert [name_of(path) for path in MODULES if said_yes.search(path.read_text("utf-8"))] == []


def test_test_files_have_names_of_their_own():
    """They are imported by their bare names, so two of one name would hide each other."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


def test_no_tracked_file_holds_a_path_or_an_address_of_one_machine():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    private = re.compile(
        r"(?<![\w.}~*])/(?:work|root|home/[a-z]+)/"  # a folder of somebody's machine
        r"|https?://[^\s/\"']*(?:artifact|nexus|devpi|verdaccio)[^\s\"']*"  # a private registry
        r"|https?://(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d"
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        assert not (found := private.search(text)), f"{name}: {found}"
