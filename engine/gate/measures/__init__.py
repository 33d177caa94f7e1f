"""What the gate measures on a clip, one subject a module.

Every module of this package is imported here, so that its measures are entered: a measure cannot exist without
being run. Its module needs to be named nowhere else.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from engine.gate.registry import MEASURES

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["MEASURES"]
