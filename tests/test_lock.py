"""The lock in requirements/ fits pyproject.toml: `make lock` was run after the last change."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CORE = PYPROJECT["project"]["dependencies"]
MODELS = PYPROJECT["project"]["optional-dependencies"]["models"]
GROUPS = PYPROJECT["dependency-groups"]
WANTED = {
    "core": CORE,
    "models": CORE + MODELS,
    "test": CORE + MODELS + GROUPS["test"],
    "docs": GROUPS["docs"],
    "build": PYPROJECT["build-system"]["requires"],
}
PLATFORMS = [
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
]
PYTHONS = [
    found[1]
    for line in PYPROJECT["project"]["classifiers"]
    if (found := re.search(r"Python :: (3\.\d+)$", line))
]
PLACES: list[dict[str, Any]] = [
    {**default_environment()}
    | {"os_name": "posix", "python_version": python, "python_full_version": f"{python}.9"}
    | at
    for at in PLATFORMS
    for python in PYTHONS
]


def text_of(name):
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def pins(name):
    """Each pinned requirement and its hashes."""
    joined = re.sub(r" \\\n\s+", " ", re.sub(r"(?m)^\s*#.*\n?", "", text_of(name)))
    for line in joined.splitlines():
        requirement, *hashes = line.split(" --hash=")
        yield Requirement(requirement), hashes


def in_place(name, place):
    """What pip would take from the lock there: names and versions."""
    found = {}
    for pin, _ in pins(name):
        if pin.marker is None or pin.marker.evaluate(place):
            key = canonicalize_name(pin.name)
            assert key not in found, f"{key} is pinned twice for {place}"
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            found[key] = Version(specifier.version)
    return found


@pytest.mark.parametrize("name", WANTED)
def test_each_dependency_is_in_the_lock_with_a_version_that_it_admits(name):
    for place in PLACES:
        locked = in_place(name, place)
        for line in WANTED[name]:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate(place):
                version = locked.get(canonicalize_name(wanted.name))
                assert version is not None, f"{line} is not in requirements/{name}.txt; run make lock"
                assert wanted.specifier.contains(version), f"{line} does not admit {version}; run make lock"


@pytest.mark.parametrize("name", WANTED)
def test_every_line_of_the_lock_has_a_hash(name):
    locked = list(pins(name))
    assert locked
    for pin, hashes in locked:
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), pin
        assert pin.url is None


@pytest.mark.parametrize("name", WANTED)
def test_the_lock_names_no_address_and_no_option(name):
    assert "://" not in text_of(name)
    options = {
        line.split("=")[0].strip() for line in text_of(name).splitlines() if line.lstrip().startswith("-")
    }
    assert options == {"--hash"}


@pytest.mark.parametrize("name", WANTED)
def test_all_files_of_the_lock_agree(name):
    for place in PLACES:
        largest, here = in_place("test", place), in_place(name, place)
        apart = {key for key in largest.keys() & here.keys() if largest[key] != here[key]}
        assert not apart, "run make lock"


def test_a_build_uses_what_pyproject_asks_for():
    lines = (ROOT / "requirements/build.in").read_text("utf-8").splitlines()
    assert set(PYPROJECT["build-system"]["requires"]) <= set(lines)


def test_the_lock_is_resolved_for_the_oldest_python():
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert f"--python-version {oldest} " in (ROOT / "Makefile").read_text("utf-8")
    assert oldest == PYTHONS[0]
    assert sys.version_info >= tuple(map(int, oldest.split(".")))


def test_the_images_are_built_from_the_lock():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    installs = re.findall(r"pip (?:install|wheel) .*", text)
    assert len(installs) > 4
    for line in installs:
        assert "--require-hashes" in line or "--no-deps" in line, line
    for name in ("build", "core", "models"):
        assert f"COPY requirements/{name}.txt" in text
