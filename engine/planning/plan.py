"""From a request to a recipe: which engine, what size, how many frames, and why.

Pure and without torch, so that the bot can plan as soon as it is asked, and a table can test it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.family_spec import FamilySpec, Outline, Tuned, Way
from engine.core.precision import PRECISION, Precision
from engine.core.recipe import Camera, Effect, Kind, Recipe, Role, SoundSource
from engine.core.request import SECONDS, Feature, Length, Request, Shape, Subject
from engine.core.sentence import Sentence
from engine.effects.looks import look_called
from engine.planning.choice import Given, choose_engine, choose_way
from engine.planning.frame_size import choose_size
from engine.planning.given_sound import about_given
from engine.planning.pace import LEAST_FRAMES, Pace, pace_of
from engine.planning.precision import choose_precision
from engine.planning.upscaling import UpscaleLimits, plan_upscale
from engine.vision.crop import MIDDLE, aimed_at

SHAPE_AND_SIZE = Sentence("A size has a shape already. Leave one of the two out.")
SOUND_AND_NONE = Sentence("You gave a sound and chose a clip without sound. Leave one of the two out.")
UNSEEN_FACES = Sentence("the picture was not checked for faces: the face detector is not installed")
IGNORES_NEGATIVE = Sentence("this preset ignores the negative prompt")
STAYS_READABLE = Sentence("there is a lot of small text in this picture: the camera only moves gently")
GETS_GARBLED = Sentence(
    "there is a lot of small text in this picture, which a model garbles; the engine “camera” keeps it"
)


@dataclass(frozen=True, kw_only=True)
class PlanLimits:
    """What a request may ask for.

    Attributes:
        min_seconds, max_seconds: the shortest and the longest clip.
        fps: frames per second of the finished clip, where the request gives none.
        max_fps: the most that there may be.
        max_side: the longest side of the finished clip, in pixels.
        min_side: the shortest one.
        upscale: how far a finished clip may be upscaled.
    """

    min_seconds: float = 0.5
    max_seconds: float = 10.0
    fps: float = 24.0
    max_fps: float = 60.0
    max_side: int = 1920
    min_side: int = 64
    upscale: UpscaleLimits = field(default_factory=UpscaleLimits)


def plan(
    request: Request,
    subject: Subject | None = None,
    *,
    end: Subject | None = None,
    like: Subject | None = None,
    reference: Subject | None = None,
    sound: Subject | None = None,
    capabilities: Capabilities | None = None,
    limits: PlanLimits | None = None,
) -> Recipe:
    """Decide everything that the request left open.

    Args:
        request: what was asked for.
        subject: the picture that is animated, or the first frame.
        end: the picture that the clip ends with.
        like: the picture whose look is taken.
        reference: the clip that is followed, drawn anew or upscaled.
        sound: a member's, or that of the clip that is drawn anew.
        capabilities: what this machine has; None: no GPU and no weights.
        limits: what a request may ask for.

    Returns:
        A complete recipe, with the reasons for each choice.

    Raises:
        UserError: the request cannot be met; the text says why and what could be.
    """
    capabilities, limits = capabilities or Capabilities(), limits or PlanLimits()
    if request.kind is Kind.UPSCALE:
        return plan_upscale(request, reference, sound, capabilities=capabilities, limits=limits.upscale)
    seconds, why_seconds = _choose_seconds(request, reference, limits)
    fps = limits.fps if request.fps is None else request.fps
    _check(request, seconds, fps, limits)
    files = {"subject": subject, "end": end, "like": like, "reference": reference, "sound": sound}
    given = Given(request=request, seconds=seconds, fps=fps, **files)
    spec, why_engine = choose_engine(given, capabilities)
    way, why_way = choose_way(spec, given, capabilities)
    width, height, why_size = choose_size(_framed(given), subject or reference, spec, limits.max_side)
    reached, why_shorter = _within_reach(given, spec)
    pace = pace_of(reached, fps, spec)
    tuned = _kept(spec.tune(_outline(given, way, capabilities, pace)), way, capabilities)
    unheard = (IGNORES_NEGATIVE,) if request.negative and not tuned.negative else ()
    source, why_sound = _choose_sound(given, spec, way, pace.length / fps)
    reasons = [why_engine, *why_way, why_size, *why_seconds, *why_shorter, *_longer(reached, fps)]
    reasons += [*_smoothed(pace, fps), *why_sound]
    return Recipe(
        kind=request.kind,
        engine=spec.name,
        prompt=request.prompt,
        inputs=given.digests(),
        seed=secrets.randbelow(2**32) if request.seed is None else request.seed,
        width=width,
        height=height,
        frames=pace.frames,
        native_fps=pace.native_fps,
        fps=fps,
        length=pace.length,
        motion=request.motion,
        camera=request.camera,
        quality=request.quality,
        way="" if way is None else way.name,
        steps=0 if way is None else way.steps,
        guidance=0.0 if way is None else way.guidance,
        model=tuned.model,
        words=tuned.words,
        negative=tuned.negative,
        strength=tuned.strength,
        follow=request.follow,
        styles=request.styles,
        settings=tuned.settings,
        crops={} if spec.films and end is None else _crops(given, width / height),
        sound=source,
        effect=_effect(request),
        helped=request.helped,
        reasons=(*request.notes, *reasons, *tuned.reasons, *unheard, *_notes(given, spec, width / height)),
    )


def _crops(given: Given, frame: float) -> dict[str, tuple[float, float]]:
    """Where pictures of another shape than the frame's are cropped so that no head is cut off, by role.

    What films one picture aims by itself. Between two, both are seen as they are cropped here.
    """
    crops = {}
    for role, subject in ((Role.PICTURE, given.subject), (Role.END, given.end)):
        if subject is None or subject.sight is None or not subject.sight.about:
            continue
        sight, own = subject.sight, subject.width / subject.height
        at = aimed_at(sight.about, own, frame, heads=bool(sight.faces))
        if at != (MIDDLE, MIDDLE):
            crops[str(role)] = at
    return crops


def _effect(request: Request) -> Effect | None:
    """What is laid over the clip; the receipt and the recipe name it.

    Raises:
        UserError: this version knows no such look.
    """
    if request.effect is not None and request.effect.look:
        look_called(request.effect.look)
    return request.effect


def _kept(tuned: Tuned, way: Way | None, here: Capabilities) -> Tuned:
    """What a family adds to a recipe, and in how many bits its weights are kept, unless that is 16."""
    precision, why = choose_precision(way, here)
    if precision is Precision.BF16:
        return tuned
    settings = {**tuned.settings, PRECISION: str(precision)}
    return replace(tuned, settings=settings, reasons=(*why, *tuned.reasons))


def _outline(given: Given, way: Way | None, capabilities: Capabilities, pace: Pace) -> Outline:
    """What a family is told when it is asked for its own part of the recipe."""
    return Outline(
        request=given.request,
        subject=given.subject,
        like=given.like,
        way=way,
        capabilities=capabilities,
        frames=pace.frames,
        native_fps=pace.native_fps,
    )


def _check(request: Request, seconds: float, fps: float, limits: PlanLimits) -> None:
    """Hold a request's numbers against the limits.

    Raises:
        UserError: one of them is outside.
    """
    if not limits.min_seconds <= seconds <= limits.max_seconds:
        raise UserError(
            Code.SECONDS,
            "A clip can be {least:g} to {most:g} seconds long.",
            least=limits.min_seconds,
            most=limits.max_seconds,
        )
    if not 1 <= fps <= limits.max_fps:
        raise UserError(Code.FPS, "A clip can have 1 to {most:g} frames a second.", most=limits.max_fps)
    if request.seed is not None and not 0 <= request.seed < 2**32:
        raise UserError(Code.SEED, "A seed is a whole number from 0 to {most}.", most=2**32 - 1)
    if request.size is not None and request.shape is not Shape.PICTURE:
        raise UserError(Code.OPTION, SHAPE_AND_SIZE)
    if request.size is not None and not all(
        limits.min_side <= side <= limits.max_side for side in request.size
    ):
        raise UserError(
            Code.SIZE,
            "Each side of a clip can have {least} to {most} pixels.",
            least=limits.min_side,
            most=limits.max_side,
        )


def _choose_seconds(
    request: Request, reference: Subject | None, limits: PlanLimits
) -> tuple[float, tuple[str, ...]]:
    """How long the clip is; without a length, as long as the clip it follows, or the usual. And why."""
    if request.seconds is not None and request.effect is not None:
        return _effects_seconds(request.seconds, limits)
    if request.seconds is not None:
        return request.seconds, ()
    followed = None if reference is None else reference.seconds
    wanted = SECONDS[Length.NORMAL] if followed is None else followed
    seconds = min(max(wanted, limits.min_seconds), limits.max_seconds)
    if followed is None:
        return seconds, ()
    if seconds < followed:
        shorter = Sentence(
            "{seconds:.2g} s, the longest allowed; the clip you gave is {followed:.3g} s long",
            seconds=seconds,
            followed=followed,
        )
        return seconds, (shorter,)
    return seconds, (Sentence("{seconds:.3g} s, as long as the clip you gave", seconds=seconds),)


def _effects_seconds(own: float, limits: PlanLimits) -> tuple[float, tuple[str, ...]]:
    """How long a clip with an effect is: as long as the effect, as far as that is allowed. And why."""
    seconds = min(max(own, limits.min_seconds), limits.max_seconds)
    if seconds >= own:
        return seconds, ()
    shorter = Sentence(
        "{seconds:.2g} s, the longest allowed; the effect is {own:.3g} s long", seconds=seconds, own=own
    )
    return seconds, (shorter,)


def _choose_sound(
    given: Given, spec: FamilySpec, way: Way | None, seconds: float
) -> tuple[SoundSource, tuple[str, ...]]:
    """Where the sound of a clip of so many seconds comes from, and why.

    Raises:
        UserError: a sound was given, and none is wanted.
    """
    wanted, sound = given.request.sound, given.sound
    again = given.request.kind is Kind.RESTYLE
    if sound is not None:
        if wanted is False:
            raise UserError(Code.OPTION, SOUND_AND_NONE)
        of_clip, own = Sentence("with the sound of the clip you gave"), Sentence("with the sound you gave")
        return SoundSource.GIVEN, (of_clip if again else own, *about_given(sound, seconds))
    if wanted is False:
        return SoundSource.NONE, ()
    if Feature.SOUND in spec.features and (way is None or Feature.SOUND not in way.lacks):
        return SoundSource.DRAWN, (Sentence("with sound, made together with the picture"),)
    return SoundSource.NONE, (Sentence("the clip you gave has no sound"),) if wanted and again else ()


def _smoothed(pace: Pace, fps: float) -> tuple[str, ...]:
    if pace.native_fps == fps:
        return ()
    return (
        Sentence("{drawn:g} drawn frames a second, smoothed to {shown:g}", drawn=pace.native_fps, shown=fps),
    )


def _longer(seconds: float, fps: float) -> tuple[str, ...]:
    """Why a clip is longer than it was to be, where it is: at a low rate, two frames take their time."""
    if round(seconds * fps) >= LEAST_FRAMES:
        return ()
    longer = Sentence(
        "{seconds:.3g} s: a clip has two frames at least, and it shows {fps:g} a second",
        seconds=LEAST_FRAMES / fps,
        fps=fps,
    )
    return (longer,)


def _within_reach(given: Given, spec: FamilySpec) -> tuple[float, tuple[str, ...]]:
    """How long the clip is where no engine here can draw all of it; and why."""
    if given.reaches(spec):
        return given.seconds, ()
    seconds = (spec.longest - 1) / spec.min_native_fps
    said = Sentence("{seconds:.3g} s, the longest that {engine} can draw", seconds=seconds, engine=spec.name)
    return seconds, (said,)


def _framed(given: Given) -> Request:
    """The request as the frame's size needs it: with two ends, the camera passes over neither of them."""
    return given.request if given.end is None else replace(given.request, camera=Camera.STILL)


def _notes(given: Given, spec: FamilySpec, aspect: float) -> tuple[str, ...]:
    """What there is to say about the pictures: what may spoil the clip, and what could not be checked.

    Args:
        given: the pictures.
        spec: what draws.
        aspect: width over height of the frames.
    """
    subject, end = given.subject, given.end
    notes: list[str] = []
    if subject is not None:
        notes += subject.notes
        if spec.heeds_faces and subject.faces is None:
            notes.append(UNSEEN_FACES)
        if subject.is_page:
            notes.append(STAYS_READABLE if spec.films else GETS_GARBLED)
    if end is not None:
        own = end.width / end.height
        cut = round((1 - min(own / aspect, aspect / own)) * 100)
        if cut:
            notes.append(
                Sentence(
                    "the end picture is cropped to the first one's shape: {percent} % is left out",
                    percent=cut,
                )
            )
        notes += [Sentence("the end picture: {note}", note=note) for note in end.notes]
    return (*notes, *(() if given.reference is None else given.reference.notes))
