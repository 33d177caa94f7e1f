"""What tests in every folder may ask for."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.weights.store import Store
from tests.clock import CLOCK

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def logs():
    """A program that a test runs in this process sets up its logs; the next test's are as they were."""
    loggers = [logging.getLogger(name) for name in (None, "bot", "engine", "db")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(autouse=True)
def clock():
    """The clock of the queues, at the real time until a test sets it."""
    CLOCK.now = None
    return CLOCK


def pytest_configure():
    """No test sees the weights in the owner's own folder, or fetches any, unless it says so.

    ``make demo`` fetches the eyes, and with them clips look different. Programs that a test starts inherit
    the variables.
    """
    nowhere = Path(tempfile.gettempdir()) / f"framekiln-tests-{os.getpid()}-have-no-models"
    os.environ["FRAMEKILN_FETCH_EYES"] = "0"
    os.environ["FRAMEKILN_MODELS_DIR"] = str(nowhere)
    Store.__init__.__defaults__ = (nowhere,)


def pytest_collection_modifyitems(items):
    """Begin with the files that hold slow tests: begun last, one of them would run alone at the end.

    It needs ``--no-loadscope-reorder``; otherwise xdist begins with the files of most tests, which are quick.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish():
    """Leave what the tests import out of every search for garbage: half a million objects that all stay.

    With torch, a search took 0.3 s, and each model that is let go asks for one.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def torchvision():
    """torchvision beside a torch for the CPU, where two of its operators are missing and its import fails.

    They are declared, so that it can be imported; nothing here calls them. Whatever looks for torchvision
    before this looks first, as it does in the product: transformers goes on without it.
    """
    importlib.import_module("engine.diffusion")
    torch = importlib.import_module("torch")
    importlib.import_module("transformers.utils").is_torchvision_available()
    library = None
    if sys.modules.get("torchvision") is None:
        sys.modules.pop("torchvision", None)
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("torchvision")
    yield module
    del library
