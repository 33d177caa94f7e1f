"""docs/extend/add-a-gate-measure.md, followed to the letter in a copy of the repository."""

import re
import shutil
import subprocess
import sys

from tests import ROOT

PAGE = ROOT / "docs" / "extend" / "add-a-gate-measure.md"
BLOCK = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
NEEDED = (
    "engine",
    "benchmarks",
    "pyproject.toml",
    "tests/__init__.py",
    "tests/golden",
    "tests/engine/smooth/moving_scenes.py",
    "tests/engine/gate/test_limits.py",
)


def test_a_measure_is_one_file_and_one_test_and_breaks_no_other(tmp_path):
    for name in NEEDED:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    blocks = dict(BLOCK.findall(PAGE.read_text("utf-8")))
    assert sorted(blocks) == ["engine/gate/measures/shake.py", "tests/engine/gate/test_shake.py"]
    for name, code in blocks.items():
        (tmp_path / name).write_text(code, "utf-8")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/engine/gate")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
