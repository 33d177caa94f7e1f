"""What can be said of a family of models without loading it: enough to plan a clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.core.installed import Installed
from engine.core.precision import Precision
from engine.core.recipe import Follow, Kind, Number, Quality, Recipe, Role
from engine.core.request import Feature, Request, Subject
from engine.core.retake import Retake, less_motion
from engine.core.sentence import Sentence, both


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of drawing: how many steps, with what guidance, from which weights.

    Attributes:
        name: as the recipe keeps it.
        about: in words a member can read, for the plan's reasons.
        steps: denoising steps.
        guidance: scale of classifier-free guidance; at most 1 means none.
        weights: names of :data:`engine.families.CATALOGUE` that it needs beside the family's own.
        memory: bytes of GPU memory that it is happiest with; with less the memory ladder gives things up.
        precision: how its files keep the weights.
        resident: bytes of a GPU that holds the weights beside a step, by how they are kept, the best first;
            empty: they are always kept as they are.
        rank: its family's in this way, where there are words to go by; None: always the family's own.
        lacks: kinds and features that it cannot do, although the family can in others.
        longest: frames of its longest clip; 0: any that the family draws.
    """

    name: str
    about: str
    steps: int
    guidance: float
    weights: tuple[str, ...] = ()
    memory: int = 0
    precision: Precision = Precision.BF16
    resident: Mapping[Precision, int] = field(default_factory=dict)
    rank: int | None = None
    lacks: frozenset[Kind | Feature] = frozenset()
    longest: int = 0


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What is settled of a recipe when its family is asked for the rest.

    Attributes:
        request: what was asked for.
        subject: the picture, where there is one.
        like: the picture whose look is taken, where there is one.
        way: the way of drawing; None where the family has none to choose from.
        capabilities: what this machine has.
        frames, native_fps: what is to be drawn.
    """

    request: Request
    subject: Subject | None
    way: Way | None
    capabilities: Installed
    frames: int
    native_fps: float
    like: Subject | None = None


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a family adds to a recipe.

    Attributes:
        model: the checkpoint.
        words, negative: what the text encoder reads, and is steered away from.
        strength: how far a clip or picture that is redrawn is changed, 0 to 1; 0 where none is.
        settings: the family's own numbers.
        reasons: for the member.
    """

    model: str = ""
    words: str = ""
    negative: str = ""
    strength: float = 0.0
    settings: Mapping[str, Number] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def _as_it_is(_outline: Outline) -> Tuned:
    return Tuned()


def _any_count(frames: int) -> int:
    return frames


@dataclass(frozen=True, kw_only=True)
class FamilySpec:
    """A family.

    Attributes:
        name: what owners and members call it.
        target: ``module:class``; the class is made with a :class:`engine.runtime.context.EngineContext`.
        kinds: what it can draw.
        needs_picture: True where there is nothing to draw without one.
        max_native_fps: drawn frames per second at most; the smoothing makes the rest.
        min_native_fps: drawn frames per second at least; see :func:`engine.planning.pace.pace_of`.
        judged_fps: frames per second at most that the gate looks at. A family that draws faster than the
            gate was calibrated for is judged by every second or third frame.
        fitted: True where good clips of this family, or of its like, were among those that the gate's
            calibrated score was fitted to. The score only warns of clips of any other.
        about: one line for ``framekiln doctor`` and the plan's reasons.
        sketch: True for a stand-in that must say so on the clip and in the receipt.
        flat: True where all that it draws is flat. The networks that know faces and hands were not taught
            such ones, so the gate does not judge them by these.
        films: True where the camera is all that moves.
        rank: the lowest is preferred among those that can do what is asked.
        weights: names of :data:`engine.families.CATALOGUE` that it cannot do without.
        any_of: names of which it needs one, the preferred one first.
        packages: optional Python packages that it cannot do without, by their import names.
        needs_checkpoint: it draws with a checkpoint of the owner's, or with one of ``base``.
        base: names of the catalogue's checkpoints, the preferred one first.
        ways: ways of drawing by quality; the first whose weights are there is taken.
        features: what it can do beside drawing its kinds.
        follows: what it can follow in a clip, and for each way of finding that, the names of
            :data:`engine.families.CATALOGUE` that it takes beside ``weights``.
        heeds_faces: whether faces in the picture change how it draws.
        area: pixels of a frame by quality, about; None: :data:`engine.planning.frame_size.AREA`.
        trained_sizes: widths and heights that its weights were trained on; a frame of nearly that shape and
            area is of exactly that size.
        aspect: width over height of the frames for a request and its picture; None: the nearest of
            :data:`engine.planning.frame_size.SHAPES`.
        multiple: both sides of its frames are multiples of it.
        chunk: frames that it draws in one go, at most; more are chained or windowed, which costs. 0: any.
        longest: frames of its longest clip; 0: any. Longer ones are another family's, or made shorter.
        count: the least number of frames that it can draw and that is not less than the given one.
        tune: the family's own part of the plan.
        calm: what changes when two takes failed for the same cause; see :mod:`engine.core.retake`.
        ladder: ``module:function``; the function takes a recipe and gives the rungs of its memory ladder and
            the bytes of a GPU that are needed with the first 0, 1, 2, … of them, for weights of the size that
            the catalogue's have. "": no figures are known.
        made_at: where its takes are drawn. "": in our own engine process; else the name of the lane whose
            machines draw them, such as "comfyui".
        by_name: True where it only draws if it is asked for by name.
        requires: files that it cannot draw without, beside the picture; see ``needs_picture``.
        seconds: that a clip of the usual length takes, about, while none has been measured; 0: not known.
    """

    name: str
    target: str
    kinds: frozenset[Kind]
    needs_picture: bool
    max_native_fps: float
    about: str
    sketch: bool = False
    flat: bool = False
    films: bool = False
    rank: int = 50
    min_native_fps: float = 1.0
    judged_fps: float = math.inf
    fitted: bool = False
    weights: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    needs_checkpoint: bool = False
    base: tuple[str, ...] = ()
    ways: Mapping[Quality, tuple[Way, ...]] = field(default_factory=dict)
    features: frozenset[Feature] = frozenset()
    follows: Mapping[Follow, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    heeds_faces: bool = False
    area: Mapping[Quality, int] | None = None
    trained_sizes: tuple[tuple[int, int], ...] = ()
    aspect: Callable[[Request, Subject], float] | None = None
    multiple: int = 16
    chunk: int = 0
    longest: int = 0
    count: Callable[[int], int] = _any_count
    tune: Callable[[Outline], Tuned] = _as_it_is
    calm: Callable[[Recipe], Retake | None] = less_motion
    ladder: str = ""
    made_at: str = ""
    by_name: bool = False
    requires: frozenset[Role] = frozenset()
    seconds: float = 0.0

    @property
    def draws(self) -> bool:
        """Whether it draws clips of its own, so that it can be asked for by name."""
        return bool(self.kinds - {Kind.UPSCALE})

    @property
    def trained(self) -> bool:
        """Whether a trained model draws; of what is drawn elsewhere that is assumed."""
        return bool(self.made_at or self.weights or self.any_of)

    @property
    def loads(self) -> bool:
        """Whether its model is loaded into our own engine process, and so needs weights and a GPU here."""
        return self.trained and not self.made_at

    def lacks(self, capabilities: Installed) -> str | None:
        """What it is missing on a machine, in words, and the command that gets all of it; None: nothing."""
        told = capabilities.lacking.get(self.name)
        if told is not None or not self.loads:
            return told
        missing = [name for name in self.weights if name not in capabilities.weights]
        if self.any_of and not capabilities.weights & set(self.any_of):
            missing.append(self.any_of[0])
        what = [Sentence("its weights ({names})", names=", ".join(missing))] if missing else []
        if (
            self.needs_checkpoint
            and not capabilities.checkpoints
            and not capabilities.weights & set(self.base)
        ):
            what.append(Sentence("a checkpoint"))
            missing.append(self.base[0])
        if what:
            return Sentence("{what}; framekiln models pull {names}", what=both(what), names=" ".join(missing))
        if absent := [name for name in self.packages if name not in capabilities.packages]:
            return Sentence("the Python package {name}; pip install {name}", name=absent[0])
        if not any(self.way(quality, capabilities) for quality in Quality):
            return Sentence("the weights for any of its quality levels")
        if not (capabilities.device.is_gpu or capabilities.slow):
            return Sentence("a GPU")
        return None

    def can_follow(self, follow: Follow, capabilities: Installed) -> bool:
        """Whether all weights are there that one way of following this takes."""
        ways = self.follows.get(follow, ())
        return any(capabilities.weights >= {*self.weights, *entries} for entries in ways)

    def judged_step(self, native_fps: float) -> int:
        """Which frames the gate looks at: the first, and every so many after it."""
        return max(1, math.ceil(native_fps / self.judged_fps - 1e-9))

    def way(
        self,
        quality: Quality,
        capabilities: Installed,
        needs: frozenset[Kind | Feature] = frozenset(),
        frames: int = 0,
    ) -> Way | None:
        """The first way of drawing whose weights are there; None where there is none for this quality.

        Args:
            quality: that was asked for.
            capabilities: what is here.
            needs: what it must be able to do.
            frames: that are drawn; 0: not known.
        """
        ways = (way for way in self.ways.get(quality, ()) if capabilities.weights >= set(way.weights))
        able = (way for way in ways if not way.lacks & needs)
        return next((way for way in able if not way.longest or frames <= way.longest), None)
