"""Imports what most tests import, so that Python compiles it: ``make test`` runs it once, before the workers.

Pip compiles nothing, because the tests need a quarter of the modules that it installs. Workers that start
together would each compile that quarter.
"""

from __future__ import annotations

import importlib
import logging

NAMES = (
    "bot.assembly.app",
    "bot.cli.demo",
    "engine.families.animatediff.draw",
    "engine.families.animatediff_control.draw",
    "engine.families.camera.draw",
    "engine.families.sketch.draw",
    "engine.families.svd.draw",
    "engine.families.wan.draw",
    "engine.families.wan_vace.draw",
    "engine.rendering.render",
    # The processes that read strangers' files write nothing, bytecode neither: each would compile these anew.
    "engine.untrusted.decode_picture",
    "engine.untrusted.look",
    "engine.untrusted.read_recipe",
    "engine.untrusted.read_sound",
    "engine.untrusted.read_video",
    "hypothesis",
    "tests.engine.tiny.animatediff",
    "tests.engine.tiny.svd",
    "tests.engine.tiny.wan",
)

if __name__ == "__main__":
    logging.disable(logging.WARNING)  # torchao tells of every GPU library that this machine has no use for
    for name in NAMES:
        importlib.import_module(name)
