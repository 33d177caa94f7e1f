"""Recipe in, clip out. Knows neither Discord nor SQLite.

From a prompt to an MP4, on a machine without a GPU and without weights::

    from pathlib import Path

    import engine

    request = engine.Request(kind=engine.Kind.TEXT2VIDEO, prompt="a boat on the sea at night", seconds=1.0)
    recipe = engine.plan(request)
    work = Path("boat")
    work.mkdir()
    receipt = engine.Renderer().render(
        recipe,
        inputs={},
        work=work,
        limits=engine.RenderLimits(max_takes=1),
        on_event=lambda event: None,
        cancel=engine.CancelToken(),
    )
    print(work / "clip.mp4", receipt.width, receipt.height, receipt.frames)

With weights, tell the plan what is here, and the renderer where it lies::

    store, device = engine.Store(Path("models")), engine.find_device("auto")
    recipe = engine.plan(request, capabilities=engine.capabilities_of(store, engine.CATALOGUE, device))
    renderer = engine.Renderer(engine.EngineContext(device=device, store=store))

The public names; anything else may change without notice:

- Asking for a clip: ``Request``, ``Subject``, ``Kind``, ``Quality``, ``Motion``, ``Camera``, ``Follow``,
  ``Style``, ``Role``.
- What this machine has: ``Capabilities``, ``capabilities_of``, ``Device``, ``find_device``, ``Store``,
  ``CATALOGUE``, ``FAMILIES``, ``EngineContext``.
- From a request to a clip: ``inspect``, ``plan``, ``PlanLimits``, ``Recipe``, ``Renderer``,
  ``RenderLimits``, ``CancelToken``, ``Receipt``.
- What a render reports meanwhile: ``Event``, ``Progress``, ``Draft``, ``TakeDiscarded``.
- What can go wrong: ``EngineError``, ``UserError``, ``Unsupported``, ``Cancelled``, ``RenderFailed``,
  ``ClipTooLarge``, ``Code``.

A name is imported when it is first used, so ``import engine`` alone costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.clips.encode import ClipTooLarge
    from engine.core.cancel import CancelToken
    from engine.core.capabilities import Capabilities
    from engine.core.device import Device, find_device
    from engine.core.errors import Cancelled, Code, EngineError, RenderFailed, Unsupported, UserError
    from engine.core.events import Draft, Event, Progress, TakeDiscarded
    from engine.core.receipt import Receipt
    from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Recipe, Role, Style
    from engine.core.request import Request, Subject
    from engine.families import CATALOGUE, FAMILIES
    from engine.planning.inspect import inspect
    from engine.planning.plan import PlanLimits, plan
    from engine.rendering.limits import RenderLimits
    from engine.rendering.render import Renderer
    from engine.runtime.capabilities import capabilities_of
    from engine.runtime.context import EngineContext
    from engine.weights.store import Store

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "Camera",
    "CancelToken",
    "Cancelled",
    "Capabilities",
    "ClipTooLarge",
    "Code",
    "Device",
    "Draft",
    "EngineContext",
    "EngineError",
    "Event",
    "Follow",
    "Kind",
    "Motion",
    "PlanLimits",
    "Progress",
    "Quality",
    "Receipt",
    "Recipe",
    "RenderFailed",
    "RenderLimits",
    "Renderer",
    "Request",
    "Role",
    "Store",
    "Style",
    "Subject",
    "TakeDiscarded",
    "Unsupported",
    "UserError",
    "capabilities_of",
    "find_device",
    "inspect",
    "plan",
]

_DEFINED_IN = {
    "engine.clips.encode": ("ClipTooLarge",),
    "engine.core.cancel": ("CancelToken",),
    "engine.core.capabilities": ("Capabilities",),
    "engine.core.device": ("Device", "find_device"),
    "engine.core.errors": ("Cancelled", "Code", "EngineError", "RenderFailed", "Unsupported", "UserError"),
    "engine.core.events": ("Draft", "Event", "Progress", "TakeDiscarded"),
    "engine.core.receipt": ("Receipt",),
    "engine.core.recipe": ("Camera", "Follow", "Kind", "Motion", "Quality", "Recipe", "Role", "Style"),
    "engine.core.request": ("Request", "Subject"),
    "engine.families": ("CATALOGUE", "FAMILIES"),
    "engine.planning.inspect": ("inspect",),
    "engine.planning.plan": ("PlanLimits", "plan"),
    "engine.rendering.limits": ("RenderLimits",),
    "engine.rendering.render": ("Renderer",),
    "engine.runtime.capabilities": ("capabilities_of",),
    "engine.runtime.context": ("EngineContext",),
    "engine.weights.store": ("Store",),
}
"""Module → the public names that it defines."""

_MODULES = {name: module for module, names in _DEFINED_IN.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(_MODULES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
