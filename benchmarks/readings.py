"""What the gate measures on clips, on harmless changes and on injected defects of them; kept in a folder.

Reading takes the time, fitting does not: a clip whose file is in the folder is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import ways_held_back, ways_taught  # noqa: F401 - they register
from benchmarks.clips import Labelled, labelled
from benchmarks.defects import DEFECTS
from benchmarks.harmless import BENIGN, OTHER_START
from benchmarks.own_clips import PROMPTS, Own, camera, flat, lake, sketch, still
from benchmarks.ways import OTHER_WAYS, kind_of
from engine.gate import MEASURES
from engine.gate.clip import Clip

Frames = NDArray[np.uint8]

CERTAIN = ("not_finite", "blank", "frozen")
"""Defects that hard rules are for; no score is fitted to them."""
FRAMED = ("letterbox", "zoom_only")
"""Defects that only warn, by a limit: no score is fitted to them either."""
STRENGTHS = (0.6, 1.0, 2.0, 3.0)
CACHE = Path(gettempdir()) / "framekiln-readings"
_SIDE, _LENGTH = 576, 25
_KINDS = (
    *("brightness_flickers", "colour_flickers", "boils", "strobes", "cut", "corrupt_end", "stutter"),
    *("blur_collapses", "colour_fades", "colour_drifts", "latent_noise", "fresh_noise", "static_noise"),
    *("tearing", "burnt", "oversaturated", "subject_drifts", "ghosting", *FRAMED),
)
"""The ways of one defect stand together, so that thinning takes some of each."""

_FAST = 12
"""Frames per second above which a clip is also read at a half and a third of its rate."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One row for each clip that was measured.

    Attributes:
        values: float64 ``[rows, measures]``, in the order of ``names``.
        clip, source, origin: whose it is; ``origin`` is the source of the picture that the camera filmed.
        kind: what made the clip: ``svd``, ``animatediff``, ``real``, ``other_gen``, …
        label: see :class:`benchmarks.clips.Labelled`.
        change: ``""`` for the clip as it is, or the name of a benign change or of a defect.
        strength: of the change.
        has_reference: whether there was an input picture.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    clip: NDArray[np.str_]
    source: NDArray[np.str_]
    origin: NDArray[np.str_]
    kind: NDArray[np.str_]
    label: NDArray[np.str_]
    change: NDArray[np.str_]
    strength: NDArray[np.float64]
    has_reference: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Given:
    """A good clip to be. ``draw`` makes it: decodes a file, or lets an engine draw.

    It gets every ``harmless``-th harmless change, and every ``injected``-th defect and strength; 0 for none.
    """

    name: str
    source: str
    origin: str
    kind: str
    label: str
    fps: float
    harmless: int
    injected: int
    draw: Callable[[], Own]


def table(clips: Sequence[Path], cache: Path) -> Table:
    """Measure everything that is not in the cache yet. A measure that changed calls for an empty one."""
    cv2.setNumThreads(1)
    cache.mkdir(parents=True, exist_ok=True)
    parts = []
    for given in _all(clips):
        kept = cache / f"{given.name}.npz"
        _measure(given, kept)
        part = dict(np.load(kept))
        told = {"kind": given.kind, "label": given.label}
        parts.append(part | {key: np.array([word] * len(part["clip"])) for key, word in told.items()})
    names = tuple(MEASURES)
    joined = {
        key: np.concatenate([part[key] for part in parts])
        for key in ("clip", "source", "origin", "kind", "label", "change", "strength", "has_reference")
    }
    # A cache may hold measures that are gone.
    columns = [[list(part["names"]).index(name) for name in names] for part in parts]
    values = [part["values"][:, column] for part, column in zip(parts, columns, strict=True)]
    return Table(names=names, values=np.concatenate(values), **joined)


def _all(folders: Sequence[Path]) -> Iterator[_Given]:
    clips = [clip for folder in folders for clip in labelled(folder)]
    yield from _published(clips)
    stills = [(lake, "lake")] * 4
    stills += [(partial(_first, clip), clip.source) for clip in clips[:20:2]]
    for turn, (picture, origin) in enumerate(stills):
        yield _own("camera", turn, partial(_moved, turn, picture), origin)
    for turn, prompt in enumerate(PROMPTS):
        yield _own("sketch", turn, partial(sketch, turn, prompt))
        if turn % 2:
            yield _own("sketch", turn + 100, partial(sketch, turn + 100, prompt, size=(256, 256)))
    for turn, background in enumerate((255, 250, 0, 120)):
        yield _own("plain", turn, partial(flat, turn, background))
    for turn, grain in enumerate((0.0, 2.0, 4.0), start=4):
        yield _own("plain", turn, partial(still, grain))


def _published(clips: Sequence[Labelled]) -> Iterator[_Given]:
    for clip in clips:
        steps = {"": (0, 1)}
        if clip.fps > _FAST and clip.count >= 2 * _LENGTH - 1:
            steps |= {"-later": (_LENGTH - 1, 1), "-sparse": (0, 2), "-sparser": (0, 3)}
        for suffix, (start, step) in steps.items():
            yield _Given(
                name=clip.path.stem + suffix,
                source=clip.source,
                origin=clip.source,
                kind=clip.kind,
                label=clip.label,
                fps=clip.fps / step,
                # Other parts of a clip, and slower rates, are good clips only.
                harmless=0 if clip.label != "clean" else 4 if suffix else 3,
                injected=0 if suffix or clip.label != "clean" else 10,
                draw=partial(_window, clip, start, step),
            )


def _window(clip: Labelled, start: int, step: int) -> Own:
    frames = clip.frames(2 * _LENGTH, _SIDE)[start::step][:_LENGTH]
    return Own(frames=frames, reference=frames[0])


def _first(clip: Labelled) -> Frames:
    return np.asarray(clip.frames(1, _SIDE)[0])


def _moved(turn: int, picture: Callable[[], Frames]) -> Own:
    return camera(turn, picture())


def _own(maker: str, turn: int, draw: Callable[[], Own], origin: str = "") -> _Given:
    return _Given(
        name=f"{maker}-{turn}",
        source=maker,
        origin=origin or maker,
        kind=maker,
        label="clean",
        fps=12.0,
        harmless=3,
        injected=20,
        draw=draw,
    )


def _measure(given: _Given, kept: Path) -> None:
    """Read what the file does not hold yet: all of the clip, or the measures that are new since."""
    turn = crc32(given.name.encode())
    wanted = [("", 0.0)]
    wanted += _thinned([(name, 2.0) for name in BENIGN], given.harmless, turn)
    for changes in _injected(given):
        pairs = [(name, strength) for name in changes for strength in STRENGTHS]
        wanted += _thinned(pairs, given.injected, turn)
    names = list(MEASURES)
    values = np.full((len(wanted), len(names)), np.nan)
    if kept.exists():
        old = np.load(kept)
        at = {pair: row for row, pair in enumerate(zip(old["change"], old["strength"], strict=True))}
        both = [name for name in names if name in old["names"]]
        for row, pair in enumerate(wanted):
            if pair in at:
                read = dict(zip(old["names"], old["values"][at[pair]], strict=True))
                values[row, [names.index(name) for name in both]] = [read[name] for name in both]
        if not np.isnan(values).any():
            return
    drawn = given.draw()
    for row, (name, strength) in enumerate(wanted):
        frames, reference = _changed(drawn, name, strength, turn)
        clip = Clip(frames, reference, given.fps, travels=given.source == "camera")
        for place in np.flatnonzero(np.isnan(values[row])):
            values[row, place] = MEASURES[names[place]](clip).value
    count = len(wanted)
    np.savez(
        kept,
        names=np.array(names),
        values=values,
        clip=np.array([given.name] * count),
        source=np.array([given.source] * count),
        origin=np.array([given.origin] * count),
        change=np.array([name for name, _ in wanted]),
        strength=np.array([strength for _, strength in wanted]),
        has_reference=np.array([drawn.reference is not None] * count),
    )
    print(given.name, flush=True)


def _injected(given: _Given) -> Iterator[list[str]]:
    """What is injected into a clip, each list thinned by itself."""
    ways = sorted(OTHER_WAYS, key=_beside_its_kind)
    yield [
        *(name for name in DEFECTS if name not in CERTAIN + FRAMED),
        *(name for name in ways if OTHER_WAYS[name].kind not in FRAMED),
    ]
    if given.source != "camera":  # which was asked to zoom
        yield [name for name in (*FRAMED, *ways) if kind_of(name) in FRAMED]


def _beside_its_kind(name: str) -> tuple[int, bool]:
    way = OTHER_WAYS[name]
    return _KINDS.index(way.kind), not way.seen


def _changed(drawn: Own, name: str, strength: float, turn: int) -> tuple[Frames, Frames | None]:
    """A clip with a change, and its input picture."""
    rng = np.random.default_rng([turn, int(strength * 10), crc32(name.encode())])
    change = BENIGN.get(name) or DEFECTS.get(name) or (OTHER_WAYS[name].change if name else None)
    frames = drawn.frames if change is None else np.asarray(change(drawn.frames, strength, rng), np.uint8)
    reference = drawn.reference
    if reference is not None:
        reference = _as_given(frames[0] if name in OTHER_START else reference, rng)
    return frames, reference


def _thinned(pairs: list[tuple[str, float]], every: int, turn: int) -> list[tuple[str, float]]:
    """Every n-th pair; each strength of each defect comes up in some turn."""
    rows = len(STRENGTHS)
    return [pair for place, pair in enumerate(pairs) if every and (place + place // rows + turn) % every == 0]


def _as_given(picture: Frames, rng: np.random.Generator) -> Frames:
    """A member's picture is never quite the first frame: another size, another JPEG, a little more light."""
    scale = rng.uniform(1.0, 1.6)
    larger = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    lit = np.clip(larger * rng.uniform(0.98, 1.02) + 0.5, 0, 255).astype(np.uint8)
    quality = int(rng.integers(85, 97))
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR),
        np.uint8,
    )
