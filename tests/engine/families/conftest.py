"""Put the libraries in order, as ``engine.families.load`` does, before a test imports a family directly."""

import importlib
from pathlib import Path

HERE = Path(__file__).parent
WITHOUT_TORCH = ("sketch", "test_camera")
"""How the names here begin of the tests of families that draw without: who reads them imports no torch."""


def pytest_pycollect_makemodule(module_path):
    if not str(module_path.relative_to(HERE)).startswith(WITHOUT_TORCH):
        importlib.import_module("engine.diffusion")
