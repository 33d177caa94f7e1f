"""What the gate measures on a clip, one subject per module.

Every module of this package is imported here, which registers its measures. No module has to be listed
anywhere else.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from engine.gate.measure import MEASURES

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["MEASURES"]
