"""Find what is registered by being there: the modules of a package, and the classes in them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Collection, Iterator
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def modules_in(package: ModuleType, leave_out: Collection[str] = ()) -> Iterator[ModuleType]:
    """Import the modules and packages that lie directly in a package, in the order of their names.

    Args:
        package: where to look.
        leave_out: names that are passed over, and not imported.
    """
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if found.name not in leave_out:
            yield importlib.import_module(f"{package.__name__}.{found.name}")


def subclasses_in(package: ModuleType, base: type[T], leave_out: Collection[str] = ()) -> Iterator[type[T]]:
    """Find every class below a package that a base class allows to be made, wherever its file is.

    Args:
        package: its modules and those of its subpackages are imported.
        base: classes of it that still have abstract methods are bases themselves, and left out.
        leave_out: names directly in the package that are passed over, and not imported.
    """
    for module in modules_in(package, leave_out):
        for value in vars(module).values():
            if (
                inspect.isclass(value)
                and issubclass(value, base)
                and value.__module__ == module.__name__
                and not inspect.isabstract(value)
            ):
                yield value
        if hasattr(module, "__path__"):
            yield from subclasses_in(module, base)
