"""Which engine draws a request, and in which of its ways: by what is asked for and by what is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.family_spec import FamilySpec, Way
from engine.core.prompt_schedule import is_scheduled
from engine.core.recipe import Kind, Quality, Recipe, Role
from engine.core.request import AUTO, Feature, Request, Subject, word
from engine.core.sentence import Sentence, as_is, both, either, in_a_row, listed, sentence
from engine.core.sight import Shows
from engine.families import families_of
from engine.planning.pace import pace_of

A_FILE = {
    Role.PICTURE: Sentence("a picture"),
    Role.END: Sentence("a second picture, for the end"),
    Role.LIKE: Sentence("a picture to take the look from"),
    Role.REFERENCE: Sentence("a clip"),
    Role.SOUND: Sentence("a sound"),
    Role.BEFORE: Sentence("a clip"),
}
"""What a family may need, in words for the member."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A request, with the files that came with it.

    Attributes:
        seconds, fps: of the clip, as far as they are settled; 0: not yet.
    """

    request: Request
    subject: Subject | None = None
    end: Subject | None = None
    like: Subject | None = None
    reference: Subject | None = None
    sound: Subject | None = None
    seconds: float = 0.0
    fps: float = 0.0

    def digests(self) -> dict[str, str]:
        """Role → digest."""
        roles = {
            Role.PICTURE: self.subject,
            Role.END: self.end,
            Role.LIKE: self.like,
            Role.REFERENCE: self.reference,
            Role.SOUND: self.sound,
        }
        return {str(role): given.sha256 for role, given in roles.items() if given is not None}

    @property
    def has_words(self) -> bool:
        """Whether there is anything to go by beside pictures."""
        return bool(self.request.prompt.strip())

    def reaches(self, spec: FamilySpec) -> bool:
        """Whether a family's clips can be as long as this one."""
        return not spec.longest or self.frames(spec) <= spec.longest

    def frames(self, spec: FamilySpec) -> int:
        """How many a family draws for a clip as long as this one; 0: that is not settled."""
        return pace_of(self.seconds, self.fps, spec).frames if self.seconds and self.fps else 0

    def needs(self) -> frozenset[Feature]:
        """What an engine must be able to do, beside drawing this kind."""
        request = self.request
        needed = {
            Feature.FIRST_FRAME: request.kind is Kind.TEXT2VIDEO and self.subject is not None,
            Feature.END: self.end is not None,
            Feature.LIKE: self.like is not None,
            Feature.FOLLOW: request.follow is not None,
            Feature.STYLE: bool(request.styles),
            Feature.MODEL: bool(request.model),
            Feature.SCHEDULE: is_scheduled(request.prompt),
            # A clip that is drawn anew keeps its sound, if it has any.
            Feature.SOUND: bool(request.sound) and self.sound is None and request.kind is not Kind.RESTYLE,
        }
        return frozenset(feature for feature, asked in needed.items() if asked)


def engines_for(capabilities: Capabilities) -> tuple[str, ...]:
    """Names of the engines that can run here, the preferred ones first."""
    return tuple(name for name, spec in families_of(capabilities).items() if spec.lacks(capabilities) is None)


def choose_engine(given: Given, capabilities: Capabilities) -> tuple[FamilySpec, str]:
    """The engine that was asked for, or the best one that is here; and why, for the member.

    Raises:
        UserError: nothing here can draw this; the text says what is missing.
    """
    request, families = given.request, families_of(capabilities)
    here = [families[name] for name in engines_for(capabilities)]
    if request.engine != AUTO:
        spec = _named(request, here, capabilities)
        _insist(spec, given, here)
        return spec, Sentence("{engine}, as asked: {about}", engine=spec.name, about=spec.about)
    able = [spec for spec in here if _draws(spec, given) and not spec.by_name]
    if apt := _apt(able, given, capabilities):
        filming = [spec for spec in apt if spec.films]
        if filming and (why := _keeps_letters(given)):
            return filming[0], Sentence("{engine}: {about}", engine=filming[0].name, about=why)
        spec = _largest_that_fits(apt, given, capabilities)
        said = Sentence("{engine}: {about}", engine=spec.name, about=spec.about)
        if Feature.END in given.needs():
            said = Sentence("{reason}; it goes from one picture to another", reason=said)
        if spec is not apt[0]:
            said = Sentence(
                "{reason}; {engine} needs more memory than this GPU has", reason=said, engine=apt[0].name
            )
        return spec, said
    for spec in sorted(able, key=lambda spec: spec.rank):
        if spec.features >= given.needs():
            choose_way(spec, given, capabilities)  # raises, and says which weights are missing
    if able:
        missing = min((given.needs() - spec.features for spec in able), key=len)
        refusal = Sentence("No engine here can do this: {features}.", features=_in_words(missing))
        if Feature.SCHEDULE in missing:
            refusal = in_a_row(refusal, Sentence("Write your prompt without frame numbers."))
        raise UserError(Code.FEATURE, refusal)
    raise UserError(
        Code.NO_ENGINE, "No engine here can make this clip. The owner can run “framekiln doctor” to see why."
    )


def _named(request: Request, here: Sequence[FamilySpec], capabilities: Capabilities) -> FamilySpec:
    """The engine that was asked for by its name.

    Raises:
        UserError: it is not here, or draws nothing of its own; the text names those that draw this kind.
    """
    name = request.engine
    choices = {spec.name: spec for spec in here if spec.draws}
    if name in choices:
        return choices[name]
    spec = families_of(capabilities).get(name)
    lack = None if spec is None or not spec.draws else spec.lacks(capabilities)
    known = _able_to(request.kind, here)
    if lack is None:
        raise UserError(
            Code.NO_ENGINE,
            "There is no engine called {engine} here. Choose from: {known}.",
            engine=name[:60],
            known=known,
        )
    raise UserError(
        Code.NO_ENGINE,
        "There is no engine called {engine} here. It is missing {lack}. Choose from: {known}.",
        engine=name[:60],
        lack=sentence(lack),
        known=known,
    )


def _able_to(kind: Kind, here: Sequence[FamilySpec]) -> Sentence:
    """Names of the engines that draw a kind here; where there is none, the choice is the bot's."""
    return as_is(", ".join(sorted(spec.name for spec in here if spec.draws and kind in spec.kinds)) or AUTO)


def _draws_no(kind: Kind, spec: FamilySpec, known: Sentence) -> Sentence:
    """Why an engine that was asked for by its name will not do."""
    engine = as_is(spec.name)
    if kind is Kind.ANIMATE:
        return Sentence(
            "The engine “{engine}” doesn't animate pictures. Choose from: {known}.",
            engine=engine,
            known=known,
        )
    if kind is Kind.TEXT2VIDEO:
        return Sentence(
            "The engine “{engine}” doesn't draw from words. Choose from: {known}.", engine=engine, known=known
        )
    return Sentence(
        "The engine “{engine}” doesn't redraw clips. Choose from: {known}.", engine=engine, known=known
    )


def _apt(able: list[FamilySpec], given: Given, capabilities: Capabilities) -> list[FamilySpec]:
    """Those that can do all that is asked, the preferred ones first."""
    follow = given.request.follow
    apt = [
        spec
        for spec in able
        if spec.features >= given.needs() and (not spec.ways or _way(spec, given, capabilities) is not None)
    ]
    if follow is not None:  # where none has all weights for it, the refusal names what is missing
        apt = [spec for spec in apt if spec.can_follow(follow, capabilities)] or apt
    return sorted(apt, key=lambda spec: _preference(spec, given, capabilities))


def check_still_here(recipe: Recipe, capabilities: Capabilities) -> None:
    """Hold a recipe that was made before against what is here now: an owner may have taken its engine away.

    Raises:
        UserError: its engine is gone, or lacks something.
    """
    if recipe.only_remade:
        return  # nothing is drawn
    spec = families_of(capabilities).get(recipe.engine)
    lack = None if spec is None else spec.lacks(capabilities)
    if spec is None or lack is not None:
        if lack is not None:
            raise UserError(
                Code.NO_ENGINE,
                "This clip was made by the engine {engine}, which is not here any more."
                " It is missing {lack}. Ask for a new clip.",
                engine=recipe.engine[:60],
                lack=sentence(lack),
            )
        raise UserError(
            Code.NO_ENGINE,
            "This clip was made by the engine {engine}, which is not here any more. Ask for a new clip.",
            engine=recipe.engine[:60],
        )


def choose_way(
    spec: FamilySpec, given: Given, capabilities: Capabilities
) -> tuple[Way | None, tuple[str, ...]]:
    """The way of drawing for a quality; where there is none that can do it, the next best quality's.

    Raises:
        UserError: there is none in any quality; the text says what is missing.
    """
    if not spec.ways:
        return None, ()
    found = _way(spec, given, capabilities)
    if found is None:
        needs = _needs(given)
        missing = next(
            (way.weights for ways in spec.ways.values() for way in ways if not way.lacks & needs), ()
        )
        raise UserError(
            Code.WEIGHTS,
            "The engine “{engine}” cannot do this with the weights that are installed here. The owner can"
            " run “framekiln models pull {weights}”.",
            engine=as_is(spec.name),
            weights=as_is(" ".join(missing)),
        )
    quality, way = found
    said = Sentence("{engine}: {about}", engine=way.name, about=way.about)
    if quality is not given.request.quality:
        said = Sentence(
            "{reason} (the weights for “{quality}” are not installed, or cannot do this)",
            reason=said,
            quality=word(given.request.quality),
        )
    return way, (said,)


def _way(spec: FamilySpec, given: Given, capabilities: Capabilities) -> tuple[Quality, Way] | None:
    """The nearest quality that can do what is asked, and its way."""
    order = list(Quality)
    asked, needs = order.index(given.request.quality), _needs(given)
    for quality in sorted(order, key=lambda quality: abs(order.index(quality) - asked)):
        way = spec.way(quality, capabilities, needs, given.frames(spec))
        if way is not None:
            return quality, way
    return None


def _needs(given: Given) -> frozenset[Kind | Feature]:
    return given.needs() | {given.request.kind}


def _preference(spec: FamilySpec, given: Given, capabilities: Capabilities) -> tuple[bool, int, str]:
    """What comes first: the lowest. A clip of the whole length is worth more than the best engine."""
    way, _ = choose_way(spec, given, capabilities)
    by_words = way.rank if way is not None and given.has_words else None
    return not given.reaches(spec), spec.rank if by_words is None else by_words, spec.name


def _keeps_letters(given: Given) -> str:
    """Why only the camera will do, because it keeps letters as they are; "" where it does not matter.

    What the member says should happen comes first.
    """
    subject = given.subject
    if subject is None or given.has_words:
        return ""
    if subject.is_page:
        return Sentence("this picture is mostly text, and a model would garble it")
    if subject.shows is Shows.PRODUCT and subject.has_letters:
        return Sentence("this picture shows a product with letters on it, and a model would garble them")
    return ""


def _largest_that_fits(apt: list[FamilySpec], given: Given, capabilities: Capabilities) -> FamilySpec:
    """The first that the card holds without giving anything up; else the one that gives up least.

    A stand-in without weights draws only where there is no model at all.
    """
    wants = {}
    for spec in apt:
        way, _ = choose_way(spec, given, capabilities)
        wants[spec.name] = 0 if way is None else way.memory
    models = [spec for spec in apt if spec.trained] or apt
    roomy = [
        spec
        for spec in models
        if not capabilities.device.memory or wants[spec.name] <= capabilities.device.memory
    ]
    return roomy[0] if roomy else min(models, key=lambda spec: wants[spec.name])


def _draws(spec: FamilySpec, given: Given) -> bool:
    return given.request.kind in spec.kinds and not _wanting(spec, given)


def _wanting(spec: FamilySpec, given: Given) -> tuple[Role, ...]:
    """The files that a family cannot draw without and that were not given."""
    required = {*spec.requires, *({Role.PICTURE} if spec.needs_picture else ())}
    there = given.digests().keys()
    return tuple(role for role in Role if role in required and role not in there)


def _insist(spec: FamilySpec, given: Given, here: Sequence[FamilySpec]) -> None:
    kind, wanting = given.request.kind, [A_FILE[role] for role in _wanting(spec, given)]
    if kind not in spec.kinds and not (kind is Kind.TEXT2VIDEO and wanting):
        raise UserError(Code.NO_ENGINE, _draws_no(kind, spec, _able_to(kind, here)))
    if wanting:
        raise UserError(
            Code.NO_ENGINE,
            "The engine “{engine}” needs {files} to start from.",
            engine=as_is(spec.name),
            files=sentence(both(wanting)),
        )
    missing = given.needs() - spec.features
    if missing:
        others = [one.name for one in here if Feature.END in missing <= one.features]
        refusal = Sentence(
            "The engine “{engine}” cannot do this: {features}.", engine=spec.name, features=_in_words(missing)
        )
        if others:
            way_out = Sentence("Choose {engines}, or leave the engine to me.", engines=either(others))
            refusal = in_a_row(refusal, way_out)
        raise UserError(Code.FEATURE, refusal)


def _in_words(features: frozenset[Feature]) -> str:
    return listed(word(feature) for feature in sorted(features))
