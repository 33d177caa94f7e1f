"""Benchmarks are run by hand, and seldom. Each can at least be imported, so none names what has moved."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
import torch  # noqa: F401 - most of them need it; this says that this file belongs to the run that has it

import benchmarks

MODULES = sorted(found.name for found in pkgutil.walk_packages(benchmarks.__path__, "benchmarks."))


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_can_be_imported(name):
    import_module(name)
