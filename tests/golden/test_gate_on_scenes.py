"""The gate's verdicts on plain moving scenes; what this proves is said in ``test_gate_on_drawn_clips.py``."""

import pytest

from tests.golden.clips import SCENES
from tests.golden.table import differences, golden

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SCENES)
def test_every_verdict_on_a_scene_is_as_in_the_table(name):
    assert differences(name, SCENES[name]()) == []


@pytest.mark.parametrize("name", SCENES)
def test_a_clean_scene_is_accepted(name):
    assert golden()[name]["clean"]["outcome"] == ["accepted"]
