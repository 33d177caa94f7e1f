"""The rules of the house: which room may import which, how long a function may be, what no file may hold."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from collections import Counter, defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.sources import nodes_of, read_ahead, tree_of

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "engine", "db", "system")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

LONGEST_FUNCTION = 60
"""Lines, without the docstring."""

LONGEST_CLASS = 300
LONG_MODULE = 500
"""Lines. A longer module only warns: a subject may need them."""

LARGEST_FOLDER = 25
"""Modules of one folder."""

FORBIDDEN = {
    "engine": {"bot", "db", "discord", "aiosqlite", "sqlite3", "pydantic_settings"},
    "db": {"bot", "engine", "discord"},
    "bot": set(),
    "system": {"bot", "engine", "db", "discord", "aiosqlite", "sqlite3", "pydantic_settings"},
}
HEAVY = {"torch", "torchvision", "diffusers", "transformers", "accelerate", "peft", "controlnet_aux"}


def name_of(path):
    return str(path.relative_to(ROOT))


def dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def trees():
    """The syntax trees of all modules. Every worker collects this file, and one runs it."""
    read_ahead(MODULES)
    return {path: tree_of(path) for path in MODULES}


@cache
def nodes():
    """The nodes of all modules' trees."""
    return {path: nodes_of(path) for path in trees()}


NAMES = {dotted(path): path for path in MODULES}


def at_import(node):
    """All nodes that run at import: not the bodies of functions, nor what only mypy reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from at_import(child)


def imports(nodes):
    """Every absolute name that is imported; ``from a import b`` is ``a.b``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides which room it enters"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules_of(names):
    """The modules of ours among imported names."""
    for name in names:
        if name in NAMES:
            yield name
        elif name.rpartition(".")[0] in NAMES:
            yield name.rpartition(".")[0]


@cache
def imported():
    """What each module imports, anywhere in it."""
    return {path: frozenset(imports(found)) for path, found in nodes().items()}


@cache
def heavy_modules():
    """The modules whose import brings torch along. Importing anything of ``engine.diffusion`` does."""
    found = {
        name
        for name, path in NAMES.items()
        if room_of(name) == "engine.diffusion" or is_heavy(imports(at_import(trees()[path])))
    }
    while True:
        more = {
            name
            for name, path in NAMES.items()
            if name not in found and found & set(modules_of(imports(at_import(trees()[path]))))
        }
        if not more:
            return found
        found |= more


def is_heavy(names):
    return bool({name.split(".")[0] for name in names} & HEAVY)


def defined_in(module):
    """The names of a module: what it makes, and what it imports."""
    for node in nodes()[NAMES[module]]:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def exists(name):
    """Whether a dotted name leads to a module of ours or to what is in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        if module in NAMES:
            return length == len(parts) or parts[length] in set(defined_in(module))
    return (ROOT / Path(*parts)).is_dir()


def test_every_name_that_a_docstring_refers_to_exists():
    role = re.compile(rf":(?:class|data|func|meth|attr|mod):`~?((?:{'|'.join(PACKAGES)})\.[\w.]+)`")
    texts = {name_of(path): path.read_text("utf-8") for path in MODULES}
    missing = {
        path: [name for name in role.findall(text) if not exists(name)] for path, text in texts.items()
    }
    assert {path: names for path, names in missing.items() if names} == {}


def room_of(module):
    """A folder is a room; so is a module that stands beside the folders, and a family's folder."""
    parts = module.split(".")
    of_a_family = parts[:2] == ["engine", "families"] and (ROOT / Path(*parts[:3])).is_dir()
    return ".".join(parts[: 3 if of_a_family else 2])


def arrows():
    """Which room imports which, with the modules that do."""
    found = defaultdict(list)
    for name, path in NAMES.items():
        for target in set(modules_of(imported()[path])):
            pair = room_of(name), room_of(target)
            if pair[0] != pair[1] and "." in pair[1]:
                found[pair].append(f"{name} imports {target}")
    return found


def drawing():
    """The floors of docs/architecture.md, from the top down: each a line of rooms."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    blocks = re.findall(r"```rooms\n(.*?)```", text, re.DOTALL)
    assert blocks, "docs/architecture.md has no drawing of the rooms"
    return [line.split() for block in blocks for line in block.splitlines() if line.strip()]


def drawn_as(room, drawn):
    """A family that has no line in the drawing stands where ``engine.families.*`` does."""
    return "engine.families.*" if room.startswith("engine.families.") and room not in drawn else room


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package):
    rooms = {
        name_of(path): {name.split(".")[0] for name in names}
        for path, names in imported().items()
        if path.relative_to(ROOT).parts[0] == package
    }
    assert {
        path: names & FORBIDDEN[package] for path, names in rooms.items() if names & FORBIDDEN[package]
    } == {}


def test_every_room_imports_only_rooms_below_it_in_the_drawing():
    floors = {room: number for number, rooms in enumerate(drawing()) for room in rooms}
    wrong = [
        lines
        for (upper, lower), lines in arrows().items()
        if upper.split(".")[0] == lower.split(".")[0]
        and floors.get(drawn_as(upper, floors), 0) >= floors.get(drawn_as(lower, floors), -1)
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle():
    """Wherever the import stands: one in a function, or for types only, says the same of who knows whom."""
    knows = {name: set(modules_of(imported()[path])) - {name} for name, path in NAMES.items()}
    try:
        TopologicalSorter(knows).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_drawing_has_every_room_once_and_no_other():
    drawn = Counter(room for rooms in drawing() for room in rooms)
    rooms = {drawn_as(room_of(name), drawn) for name in NAMES if "." in name}
    assert dict.fromkeys(rooms, 1) == dict(drawn)


WHOLE_QUEUE = {"bot/assembly/base.py", "bot/app.py", "bot/cli/demo.py", "db/queue.py"}
"""Where the queue is made, and handed out part by part."""


def test_a_consumer_is_handed_parts_of_the_queue_and_never_the_whole():
    takers = {
        name_of(path)
        for path, names in imported().items()
        if any(module.startswith("db.queue") for module in modules_of(names))
    }
    passed_on = [
        f"{name_of(path)}:{call.lineno}"
        for path, found in nodes().items()
        if name_of(path) not in WHOLE_QUEUE
        for call in found
        if isinstance(call, ast.Call)
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(value, ast.Attribute) and value.attr == "queue"
    ]
    assert takers | {"db/queue.py"} == WHOLE_QUEUE
    assert not passed_on


def test_a_jobs_recipe_and_receipt_are_parsed_in_one_place():
    parsed_in = {
        name_of(path)
        for path, found in nodes().items()
        for call in found
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr == "from_json"
        if ast.unparse(call.func.value) in {"Recipe", "Receipt"}
        if any("job." in ast.unparse(value) for value in call.args)
    }
    # The calibration reads rows of a kind of its own, each once, out of a bot's database.
    assert parsed_in == {"bot/job_documents.py", "bot/cli/calibrate.py"}


WALL_CLOCK = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
MAKES_THE_CLOCK = {
    "bot/assembly/app.py": "the bot's clock is made here",
    "bot/cli/demo.py": "the demo's clock is made here",
    "bot/cli/main.py": "a command compares a running bot's sign of life with the time now",
    "bot/cli/rows/gallery.py": "clips whose time is over are left out of a build",
    "bot/cli/remote/worker.py": "of two workers with one key, the younger goes on",
    "bot/cli/doctor.py": "the owner reads whether an engine is left out now",
    "bot/cli/setting_up/update.py": "an update looks at a running bot's sign of life",
    "bot/cli/rows/keys.py": "the owner reads when a key was made",
    "bot/cli/rows/broker_findings.py": "a certificate is checked against the time of the world",
    "bot/cli/rows/broker_trial.py": "a running bot's sign of life is compared with the time now",
    "bot/cli/rows/workers.py": "the owner reads when a worker was invited and seen",
    "bot/cli/rows/webhooks.py": "a receiver compares a message's time with the time of the world",
    "db/sqlite/rows.py": "the default of a part of the queue that is used by itself",
    "db/privacy/personal.py": "the same",
    "db/privacy/backup_erasure.py": "the same",
    "db/files.py": "file times are compared, which the system's clock made",
    "db/sqlite/backup.py": "a copy's name says when it was made",
    "db/sqlite/rescue.py": "the name of a damaged database says when it was set aside",
    "engine/provenance/identity.py": "a certificate is checked against the time of the world",
    "engine/weights/pull.py": "the lock file says when a licence was accepted",
}


def test_only_where_the_clock_is_made_is_the_wall_clock_read():
    found = set()
    last_words = {name.rpartition(".")[2] for name in WALL_CLOCK}
    for path, all_of_it in nodes().items():
        for node in all_of_it:
            if isinstance(node, ast.Attribute) and node.attr in last_words:
                words = ast.unparse(node).removeprefix("dt.").split(".")
                if ".".join(words[-2:]) in WALL_CLOCK:
                    found.add(name_of(path))
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found |= {name_of(path) for alias in node.names if f"time.{alias.name}" in WALL_CLOCK}
            if (
                isinstance(node, ast.Call)
                and not (node.args or node.keywords)
                and ast.unparse(node.func) in {"time.gmtime", "time.localtime"}
            ):
                found.add(name_of(path))
    assert found == set(MAKES_THE_CLOCK)


def test_no_folder_holds_more_modules_than_a_reader_can_look_over():
    sizes = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {name_of(folder): size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}


def test_only_what_draws_with_torch_imports_it_at_its_top():
    """The rest of the program must be able to plan without it."""
    allowed = re.compile(r"engine\.(diffusion|following\.\w+|families\.\w+\.\w+)")
    assert [name for name in sorted(heavy_modules()) if not allowed.match(name)] == []


def test_importing_every_other_module_leaves_torch_alone():
    assert find_spec("torch") is not None, "torch must be installed, or this proves nothing"
    names = sorted(name for name in NAMES if name not in heavy_modules() and not name.endswith("__main__"))
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "[]\n"


def lines_of(node):
    """How many lines a function or a class has, without its docstring."""
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= node.body[0].end_lineno - node.body[0].lineno + 1
    return lines


def test_functions_and_classes_are_short_enough_to_be_read_at_once():
    found = [
        (f"{name_of(path)}: {node.name}", lines_of(node), isinstance(node, ast.ClassDef))
        for path, all_of_it in nodes().items()
        for node in all_of_it
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    longest = {False: LONGEST_FUNCTION, True: LONGEST_CLASS}
    assert [f"{name} has {lines} lines" for name, lines, is_class in found if lines > longest[is_class]] == []


def test_a_module_is_named_after_what_it_holds():
    says_nothing = re.compile(r"utils?|helpers?|managers?|misc|common")
    assert [name_of(path) for path in MODULES if says_nothing.search(path.stem)] == []


@pytest.mark.filterwarnings("default")
def test_long_modules_are_warned_of():
    lengths = {name_of(path): path.read_text("utf-8").count("\n") for path in MODULES}
    for name, lines in lengths.items():
        if lines > LONG_MODULE:
            warnings.warn(f"{name} has {lines} lines: is it still one subject?", stacklevel=1)


def test_no_model_brings_code_of_its_own():
    """Weights are numbers. The hub can also ship programs beside them, for whoever says yes to that."""
    said_yes = re.compile(r"trust_remote_code|custom_pipeline|torch\.hub|weights_only\s*=\s*False")
    assert [name_of(path) for path in MODULES if said_yes.search(path.read_text("utf-8"))] == []


def test_mypy_reads_every_folder_that_has_python_in_it():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    folders = {path.parent.name for path in ROOT.glob("[!.]*/*.py")} - {"out"}
    assert set(settings["files"]) == folders


def tracked():
    """The names of all files that git keeps here."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name]


def test_an_experiment_leaves_nothing_behind():
    """What lies at the top is known by name, and no file is of a kind that only its writer can read."""
    known = {
        *(".dockerignore", ".env.example", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md"),
        *("CITATION.cff", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile"),
        *("README.md", "SECURITY.md", "compose.yaml", "mkdocs.yml", "pyproject.toml"),
    }
    names = tracked()
    assert {name for name in names if "/" not in name} <= known
    left = re.compile(r"\.(?:pkl|pickle|pt|pth|npy|log|tmp|bak|orig|rej|mp4|mkv|ipynb|swp)$|~$")
    assert [name for name in names if left.search(name)] == []


def test_no_tracked_file_holds_a_path_or_an_address_of_one_machine():
    private = re.compile(
        r"(?<![\w.}~*])/(?:work|root|home/[a-z]+)/"  # a folder of somebody's machine
        r"|https?://[^\s/\"']*(?:artifact|nexus|devpi|verdaccio)[^\s\"']*"  # a private registry
        r"|https?://(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d"
    )
    for name in tracked():
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        assert not (found := private.search(text)), f"{name}: {found}"


OF_ONE_SYSTEM = {
    "fcntl",
    "resource",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "posix",
    "msvcrt",
    "winreg",
    "ctypes",
}
"""Modules that not every operating system has, and the way around those that have a name."""

CALLS_OF_ONE_SYSTEM = re.compile(
    r"fork|forkpty|killpg|setsid|getpgid|waitpid|WIF\w+|nice|set(?:priority|rlimit)|get(?:e?[ug]id|rlimit|rusage)"
    r"|fchmod|fchown|chown|mkfifo|unshare|O_(?:DIRECTORY|NOFOLLOW|TMPFILE|NONBLOCK|CLOEXEC)"
    r"|AF_UNIX|socketpair|(?:open|start)_unix_\w+|create_unix_\w+|connect_(?:read|write)_pipe|add_signal_handler"
    r"|SIG(?:KILL|HUP|STOP|CONT|XCPU|XFSZ|USR1|USR2|CHLD|PIPE|QUIT|ALRM)|CTRL_\w+_EVENT|sysconf|getloadavg|TemporaryFile"
)
OPTIONS_OF_ONE_SYSTEM = {
    "preexec_fn",
    "pass_fds",
    "start_new_session",
    "process_group",
    "creationflags",
    "startupinfo",
}

KNOWS_ITS_SYSTEM = {
    "bot/broker/launch.py": "for a bare interpreter: it imports nothing of ours, and refuses Windows",
    "engine/core/device.py": "looks whether there is a driver's library, on Linux only",
}
READS_PROC = {
    "bot/broker/child.py": "whose process a number is; elsewhere ps says it",
    "bot/config/devices.py": "NVIDIA's driver; where the file is missing, the driver is asked",
    "bot/first_estimates.py": "the processor's name; elsewhere Python says it",
    "bot/loops/gpu_release.py": "parents of a process; without it, every process is somebody else's",
    "engine/process/child.py": "kills for want of memory; elsewhere none is counted",
    "engine/runtime/main_memory.py": "free memory; elsewhere it is not known",
    "engine/runtime/peak_memory.py": "the most memory; elsewhere it is not known",
}
"""Files of Linux that may be missing, and what happens then."""


def of_one_system(found):
    """What a module uses, among its nodes, that not every operating system has."""
    for node in found:
        if isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & OF_ONE_SYSTEM
        elif isinstance(node, ast.ImportFrom):
            yield from {node.module} & OF_ONE_SYSTEM
            yield from (alias.name for alias in node.names if CALLS_OF_ONE_SYSTEM.fullmatch(alias.name))
        elif isinstance(node, ast.Attribute) and CALLS_OF_ONE_SYSTEM.fullmatch(node.attr):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg in OPTIONS_OF_ONE_SYSTEM:
            yield node.arg


def test_only_one_package_uses_what_not_every_operating_system_has():
    found = {
        name_of(path): sorted(set(of_one_system(all_of_it)))
        for path, all_of_it in nodes().items()
        if path.relative_to(ROOT).parts[0] != "system"
    }
    assert {name: used for name, used in found.items() if used and name not in KNOWS_ITS_SYSTEM} == {}
    assert [name for name in KNOWS_ITS_SYSTEM if not found[name]] == []


def test_files_of_linux_are_read_only_where_it_is_known_what_happens_without_them():
    found = {
        name_of(path)
        for path, all_of_it in nodes().items()
        if path.relative_to(ROOT).parts[0] != "system"
        for node in all_of_it
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/proc")
    }
    assert found == set(READS_PROC)
