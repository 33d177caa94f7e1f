"""The gate's verdicts on clips of the engines without weights, clean and with each defect at two strengths.

What the table proves: no verdict of these clips changes unnoticed, whichever measure, limit or weight is
touched. What it does not prove: that the verdicts are right for real footage. The clips are drawn by this
repository, smooth and free of grain; the figures on published clips are in docs/quality.md, and
``tests/engine/gate/test_figures.py`` checks them where those clips are at hand. Some defects are missed here
too, and the table records that they are.

After a deliberate change: ``python -m tests.golden.make``.
"""

import pytest

from tests.golden.clips import FROM_ENGINES
from tests.golden.table import differences, golden

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", FROM_ENGINES)
def test_every_verdict_on_an_engines_clip_is_as_in_the_table(name):
    assert differences(name, FROM_ENGINES[name]()) == []


@pytest.mark.parametrize("name", FROM_ENGINES)
def test_a_clean_clip_of_an_engine_is_accepted(name):
    assert golden()[name]["clean"]["outcome"] == ["accepted"]
