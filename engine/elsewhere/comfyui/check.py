"""What a server is missing that a workflow needs, said with the node's title."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.core.recipe import Kind
from engine.elsewhere.comfyui.graph import is_link
from engine.elsewhere.comfyui.workflow import Slot, Workflow

OLDEST = (0, 3, 57)
"""The oldest version that can stop one job and leave the others alone."""

GIGABYTE = 1_000_000_000
SHOWN = 5
"""Names that a fault lists."""


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """What a server says of itself.

    Attributes:
        version: its ComfyUI's; () where it does not say.
        memory: bytes of its largest GPU; 0: not known.
        classes: its kinds of nodes, as ``/object_info`` tells them; those that were asked for.
    """

    version: tuple[int, ...] = ()
    memory: int = 0
    classes: Mapping[str, Any] = field(default_factory=dict)


class Asked(Protocol):
    """A server that can be asked: :class:`engine.elsewhere.comfyui.server.Server` is one."""

    async def version(self) -> tuple[int, ...]:
        """Its version."""
        ...

    async def memory(self) -> int:
        """Bytes of its largest GPU."""
        ...

    async def node_class(self, name: str) -> Mapping[str, Any] | None:
        """What a kind of node takes; None where there is none of this name."""
        ...


async def facts_of(server: Asked, workflows: Iterable[Workflow]) -> ServerFacts:
    """Ask a server for all that these workflows need to know of it.

    Raises:
        Unreachable: as the server does.
    """
    names = sorted({node["class_type"] for flow in workflows for node in flow.nodes.values()})
    found = {name: await server.node_class(name) for name in names}
    return ServerFacts(
        version=await server.version(),
        memory=await server.memory(),
        classes={name: told for name, told in found.items() if told is not None},
    )


def missing_on(workflow: Workflow, facts: ServerFacts) -> tuple[str, ...]:
    """What keeps a workflow from running on a server, each in words for the owner; (): nothing."""
    faults = []
    if facts.version and facts.version < OLDEST:
        there, least = (".".join(map(str, version)) for version in (facts.version, OLDEST))
        faults.append(f"the server's ComfyUI is {there}; {least} is the oldest that can be used")
    for id_, node in workflow.nodes.items():
        class_ = node["class_type"]
        if class_ not in facts.classes:
            faults.append(
                f"{workflow.title(id_)} is a “{class_}”, which the server doesn't have: "
                "update ComfyUI, or install the nodes that bring it"
            )
        else:
            faults += [
                f"{workflow.title(id_)} {fault}"
                for fault in _faults(workflow, id_, node, _mapping(facts.classes[class_]))
            ]
    return tuple(faults)


def notes_on(workflow: Workflow, facts: ServerFacts) -> tuple[str, ...]:
    """What may go wrong on a server, and need not."""
    wanted = workflow.about.memory * GIGABYTE
    if not facts.memory or wanted <= facts.memory:
        return ()
    has, needs = facts.memory / GIGABYTE, workflow.about.memory
    return (f"it wants about {needs:g} GB of GPU memory, and the server has {has:.0f}: it may be slow",)


def _faults(workflow: Workflow, id_: str, node: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    if id_ == workflow.clip_node and not told.get("output_node"):
        yield "saves nothing"
    slots = {
        place.input: slot
        for slot, places in workflow.slots.items()
        for place in places
        if place.node == id_ and place.input
    }
    for part in ("required", "optional"):
        for name, form in _mapping(_mapping(told.get("input")).get(part)).items():
            if name not in node["inputs"]:
                if part == "required":
                    yield f"lacks its input “{name}”"
                continue
            kind, options = _form(form)
            if name in slots:
                yield from _slot_faults(workflow, slots[name], name, options)
            elif not is_link(node["inputs"][name]):
                yield from _value_faults(name, node["inputs"][name], kind, options)


def _form(form: Any) -> tuple[Any, Mapping[str, Any]]:
    """An input's type, or the list of its values, and what else is said of it: lists have two forms."""
    parts = form if isinstance(form, list) else []
    kind = parts[0] if parts else ""
    options = _mapping(parts[1]) if len(parts) > 1 else {}
    if kind == "COMBO" and isinstance(options.get("options"), list):
        kind = options["options"]
    return kind, options


def _mapping(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _value_faults(name: str, value: Any, kind: Any, options: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a value that the author wrote."""
    if isinstance(kind, list):
        if value not in kind:
            yield f"wants “{value}” as {name}, which the server doesn't have; {_there_is(kind)}"
    elif kind in {"INT", "FLOAT"}:
        yield from _outside(name, value, options)


def _there_is(values: list[Any]) -> str:
    if not values:
        return "it has none"
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return f"it has {', '.join(map(str, values[:SHOWN]))}{more}"


def _outside(name: str, value: Any, options: Mapping[str, Any]) -> Iterator[str]:
    least, most = options.get("min"), options.get("max")
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield f"wants a number as {name}, and has “{value}”"
    elif isinstance(least, int | float) and value < least:
        yield f"would be given {value:g} as {name}, and takes no less than {least:g}"
    elif isinstance(most, int | float) and value > most:
        yield f"would be given {value:g} as {name}, and takes no more than {most:g}"


def _slot_faults(workflow: Workflow, slot: Slot, name: str, options: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the values that jobs will bring."""
    about = workflow.about
    for value in _extremes(workflow, slot):
        yield from _outside(name, value, options)
    step = options.get("step")
    if isinstance(step, int) and step > 1:
        if slot in {Slot.WIDTH, Slot.HEIGHT} and about.multiple % step:
            yield f"takes multiples of {step} as {name}; say multiple = {step} in {workflow.name}.toml"
        if slot is Slot.FRAMES and about.frames.step % step:
            yield f"takes every {step}th number as {name}; say the form of frames in {workflow.name}.toml"


def _extremes(workflow: Workflow, slot: Slot) -> tuple[float, ...]:
    """The least and the most that jobs bring."""
    about = workflow.about
    if slot is Slot.FPS:
        return (about.fps if about.min_fps is None else about.min_fps, about.fps)
    if slot is Slot.FRAMES:
        return (about.frames.at_least(2), about.longest) if about.longest else (about.frames.at_least(2),)
    if slot in {Slot.WIDTH, Slot.HEIGHT} and Kind.UPSCALE not in about.kinds:
        which = 0 if slot is Slot.WIDTH else 1
        return tuple({size[which] for size in about.sizes.values()})
    return ()
