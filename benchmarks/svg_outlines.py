"""SVG drawings as flat polygons: paths, ellipses, circles and rectangles; strokes become outlines."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
"""A closed outline, ``[N, 2]``, in the drawing's own units."""

_TOLERANCE = 0.025  # units of a drawing that is 32 wide
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_STROKE_SCALE = 32  # pixels a unit, when a stroke is turned into an outline
_GROUP = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One filled part of a drawing: its outlines, even-odd, its colour and how opaque it is (0 … 255)."""

    rings: list[Ring]
    colour: tuple[int, int, int]
    opacity: int


def layers(body: str) -> list[Layer]:
    """The parts of an SVG's body, from the back to the front.

    Raises:
        ValueError: it uses something that this reader does not know.
    """
    root = ET.fromstring(  # noqa: S314 - a released package, checked by its hash
        f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )
    named = {node.attrib["id"]: node for node in root.iter() if "id" in node.attrib}
    return list(_walk(root, {"fill": "#000"}, named))


def _walk(node: ET.Element, inherited: dict[str, str], named: dict[str, ET.Element]) -> Iterator[Layer]:
    tag = node.tag.removeprefix(_GROUP)
    own = {**inherited, **node.attrib}
    if tag in {"svg", "g"}:
        passed: dict[str, str] = {
            key: own[key] for key in ("fill", "stroke", "stroke-width", "opacity") if key in own
        }
        for child in node:
            yield from _walk(child, passed, named)
    elif tag == "use":
        yield from _walk(named[own["href"].removeprefix("#")], inherited, named)
    elif tag in _SHAPES:
        rings = [ring for ring in _SHAPES[tag](own) if len(ring) > 2]
        rings = [_turned(ring, own.get("transform", "")) for ring in rings]
        opacity = round(255 * float(own.get("opacity", 1)))
        if rings and own["fill"] != "none":
            yield Layer(rings=rings, colour=_colour(own["fill"], named), opacity=opacity)
        if own.get("stroke", "none") != "none":
            outline = _stroked(rings, float(own.get("stroke-width", 1)), closed=tag != "path")
            yield Layer(rings=outline, colour=_colour(own["stroke"], named), opacity=opacity)
    elif tag not in {"defs", "clipPath", "filter"}:
        raise ValueError(f"<{tag}> is not known")


def _colour(text: str, named: dict[str, ET.Element]) -> tuple[int, int, int]:
    """A colour; of a gradient, the mean of its stops."""
    if text.startswith("url("):
        stops = [_colour(stop.attrib.get("stop-color", "#000"), named) for stop in named[text[5:-1]]]
        red, green, blue = np.mean(stops, axis=0).round().astype(int).tolist()
        return red, green, blue
    digits = text.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _ellipse(own: dict[str, str]) -> list[Ring]:
    wide = float(own.get("rx", own.get("r", 0)))
    high = float(own.get("ry", own.get("r", 0)))
    turn = np.linspace(0, 2 * math.pi, _steps(max(wide, high), 2 * math.pi), endpoint=False)
    middle = (float(own.get("cx", 0)), float(own.get("cy", 0)))
    return [np.stack([wide * np.cos(turn), high * np.sin(turn)], axis=1) + middle]


def _rect(own: dict[str, str]) -> list[Ring]:
    x, y = float(own.get("x", 0)), float(own.get("y", 0))
    wide, high, round_ = float(own["width"]), float(own["height"]), float(own.get("rx", 0))
    corners = ((x + wide, y + high, 0), (x, y + high, 1), (x, y, 2), (x + wide, y, 3))
    points = []
    for corner_x, corner_y, quarter in corners:
        turn = (quarter + np.linspace(0, 1, 6 if round_ else 1)) * math.pi / 2
        side = (-1 if quarter in {0, 3} else 1, -1 if quarter in {0, 1} else 1)
        middle = (corner_x + side[0] * round_, corner_y + side[1] * round_)
        points.append(np.stack([round_ * np.cos(turn), round_ * np.sin(turn)], axis=1) + middle)
    return [np.concatenate(points)]


def _path(own: dict[str, str]) -> list[Ring]:
    return outlines(own["d"])


_SHAPES: dict[str, Callable[[dict[str, str]], list[Ring]]] = {
    "path": _path, "ellipse": _ellipse, "circle": _ellipse, "rect": _rect,
}  # fmt: skip


def _turned(ring: Ring, transform: str) -> Ring:
    if not transform:
        return ring
    name, numbers = transform.partition("(")[0], _numbers(transform)
    if name == "matrix":
        matrix = np.array(numbers).reshape(3, 2)
        moved: Ring = ring @ matrix[:2] + matrix[2]
        return moved
    if name != "rotate":
        raise ValueError(f"transform {transform!r} is not known")
    angle, *middle = numbers
    about = np.array(middle or [0.0, 0.0])
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turned: Ring = (ring - about) @ np.array([[cos, sin], [-sin, cos]]) + about
    return turned


def _stroked(rings: list[Ring], width: float, *, closed: bool) -> list[Ring]:
    """The outline of lines with round ends."""
    mask = np.zeros((34 * _STROKE_SCALE, 34 * _STROKE_SCALE), np.uint8)
    for ring in rings:
        pixels = np.rint((ring + 1) * _STROKE_SCALE).astype(np.int32)
        cv2.polylines(mask, [pixels], closed, 255, max(1, round(width * _STROKE_SCALE)))
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    smooth = [cv2.approxPolyDP(contour, 1.0, closed=True)[:, 0] for contour in found]
    return [contour / _STROKE_SCALE - 1.0 for contour in smooth if len(contour) > 2]


def outlines(data: str) -> list[Ring]:
    """The closed outlines of a path's ``d``."""
    rings: list[Ring] = []
    points: list[Ring] = []
    at = start = np.zeros(2)
    bend: Ring | None = None
    last = ""
    for command, numbers in _commands(data):
        kind = command.upper()
        if kind == "Z":
            at, bend, last = start, None, kind
            continue
        values = _absolute(kind, numbers, at if command.islower() else np.zeros(2), at)
        if kind == "M":
            rings += _closed(points)
            at = start = values[-1]
            points = [at[None]]
        else:
            if last == "Z":
                rings += _closed(points)
                points = [start[None]]
            line, bend = _segment(kind, values, at, bend if _smooth(kind, last) else None, numbers)
            points.append(line)
            at = line[-1]
        last = kind
    return rings + _closed(points)


def _smooth(kind: str, last: str) -> bool:
    return (kind == "S" and last in {"C", "S"}) or (kind == "T" and last in {"Q", "T"})


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    for match in re.finditer(r"([MLHVCSQTAZmlhvcsqtaz])([^MLHVCSQTAZmlhvcsqtaz]*)", data):
        command, text = match[1], match[2]
        need = _ARGUMENTS[command.upper()]
        if need == 0:
            yield command, []
            continue
        numbers = _arc_numbers(text) if command in "Aa" else _numbers(text)
        if len(numbers) % need:
            raise ValueError(f"{command} takes {need} numbers at a time, not {len(numbers)}")
        for first in range(0, len(numbers), need):
            yield command, numbers[first : first + need]
            command = {"M": "L", "m": "l"}.get(command, command)


_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(_NUMBER, text)]


def _arc_numbers(text: str) -> list[float]:
    """An arc's two flags are single digits, and may be written without a gap."""
    gap = r"[\s,]*"
    pattern = gap.join([rf"({_NUMBER})"] * 3 + ["([01])"] * 2 + [rf"({_NUMBER})"] * 2)
    return [float(number) for arc in re.findall(pattern, text) for number in arc]


def _absolute(kind: str, numbers: list[float], origin: Ring, at: Ring) -> Ring:
    """The points of a command, ``[N, 2]``; of an arc, its end."""
    if kind == "H":
        return np.array([[numbers[0] + origin[0], at[1]]])
    if kind == "V":
        return np.array([[at[0], numbers[0] + origin[1]]])
    points: Ring = np.array(numbers[-2:] if kind == "A" else numbers, np.float64).reshape(-1, 2) + origin
    return points


def _segment(
    kind: str, values: Ring, at: Ring, bend: Ring | None, numbers: list[float]
) -> tuple[Ring, Ring | None]:
    """The points after ``at``, and the control point that a smooth curve goes on from."""
    if kind == "A":
        return _arc(at, values[0], numbers), None
    if kind in {"C", "S"}:
        first = values[0] if kind == "C" else at if bend is None else 2 * at - bend
        second, end = values[-2], values[-1]
        return _bezier([at, first, second, end]), second
    if kind in {"Q", "T"}:
        control = values[0] if kind == "Q" else at if bend is None else 2 * at - bend
        return _bezier([at, control, values[-1]]), control
    return values, None


def _bezier(controls: list[Ring]) -> Ring:
    bent = max(np.abs(np.diff(np.array(controls), 2, axis=0)).max(), 1e-9)
    steps = max(1, math.ceil(math.sqrt(bent / (8 * _TOLERANCE) * 3)))
    t = np.linspace(0, 1, steps + 1)[1:, None]
    while len(controls) > 1:
        controls = [a * (1 - t) + b * t for a, b in pairwise(controls)]
    return controls[0]


def _steps(radius: float, turn: float) -> int:
    step = 2 * math.acos(max(0.0, 1 - _TOLERANCE / max(radius, _TOLERANCE)))
    return max(2, math.ceil(abs(turn) / step))


def _arc(at: Ring, end: Ring, numbers: list[float]) -> Ring:
    """An elliptical arc; the steps of the SVG standard, appendix F.6."""
    radii, tilt = np.abs(numbers[:2]), math.radians(numbers[2])
    if np.array_equal(at, end) or not radii.all():
        return end[None]
    turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    half = turn @ (at - end) / 2
    radii = radii * max(1.0, math.sqrt(((half / radii) ** 2).sum()))
    square = (radii[0] * half[1]) ** 2 + (radii[1] * half[0]) ** 2
    far = math.sqrt(max(0.0, ((radii[0] * radii[1]) ** 2 - square) / square))
    far = -far if bool(numbers[3]) == bool(numbers[4]) else far
    centre = far * np.array([radii[0] * half[1] / radii[1], -radii[1] * half[0] / radii[0]])
    first, last = (half - centre) / radii, (-half - centre) / radii
    begin, sweep = math.atan2(first[1], first[0]), math.atan2(last[1], last[0])
    sweep -= begin
    if numbers[4] and sweep < 0:
        sweep += 2 * math.pi
    elif not numbers[4] and sweep > 0:
        sweep -= 2 * math.pi
    t = begin + np.linspace(0, sweep, _steps(float(radii.max()), sweep) + 1)[1:]
    points: Ring = (np.stack([np.cos(t), np.sin(t)], axis=1) * radii + centre) @ turn + (at + end) / 2
    points[-1] = end
    return points


def _closed(points: list[Ring]) -> list[Ring]:
    return [np.concatenate(points)] if points else []
