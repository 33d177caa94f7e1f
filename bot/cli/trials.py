"""What is tried of a machine: each way of drawing that a request can come to here, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Follow, Kind, Quality, Recipe, Role
from engine.core.request import Feature, Request, Subject
from engine.families import FAMILIES
from engine.planning.choice import engines_for
from engine.planning.plan import PlanLimits, plan

PROMPT = "a boat on a lake between hills at dawn"
SEED = 7

_SUBJECTS = {
    Role.PICTURE: Subject(sha256="0" * 64, width=768, height=432),
    Role.REFERENCE: Subject(sha256="1" * 64, width=768, height=432, seconds=2.0, fps=24.0),
}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A way of drawing, and what is asked for to see it.

    Attributes:
        request: with the engine named.
        role: of the file that comes with it; None: it is drawn from the prompt alone.
        recipe: as it is planned for a picture or a clip of ordinary shape.
    """

    request: Request
    role: Role | None
    recipe: Recipe

    @property
    def way(self) -> str:
        """Engine and way, in words."""
        return f"{self.recipe.engine} {self.recipe.way}".rstrip()


def trials(capabilities: Capabilities, limits: PlanLimits, *, seconds: float) -> Iterator[Trial]:
    """One for each way that can be drawn here, engines without weights first.

    Args:
        capabilities: what is here.
        limits: of the owner.
        seconds: of each clip.
    """
    specs = [FAMILIES[name] for name in engines_for(capabilities)]
    for spec in sorted(specs, key=lambda spec: spec.trained):
        seen: set[str] = set()
        for request, role in _requests(spec):
            for quality in Quality:
                asked = replace(request, quality=quality, seconds=min(seconds, limits.max_seconds))
                recipe = _planned(asked, role, capabilities, limits)
                if recipe is not None and recipe.way not in seen:
                    seen.add(recipe.way)
                    yield Trial(request=asked, role=role, recipe=recipe)


def not_tried(capabilities: Capabilities) -> Mapping[str, str]:
    """Engines whose weights are here but that cannot draw: name → what is missing."""
    lacks = {
        name: spec.lacks(capabilities)
        for name, spec in FAMILIES.items()
        if spec.trained and spec.lacks(replace(capabilities, slow=True)) is None
    }
    return {name: lack for name, lack in lacks.items() if lack}


def _requests(spec: FamilySpec) -> Iterator[tuple[Request, Role | None]]:
    """What may be asked of a family, from the plainest on, with the role of the file that comes with it."""
    request = Request(kind=Kind.TEXT2VIDEO, prompt=PROMPT, engine=spec.name, seed=SEED)
    if Kind.ANIMATE in spec.kinds:
        yield replace(request, kind=Kind.ANIMATE), Role.PICTURE
    if Kind.TEXT2VIDEO in spec.kinds and not spec.needs_picture:
        yield request, None
    if Feature.FOLLOW in spec.features:
        for follow in (Follow.EDGES, Follow.SOFT_EDGES, Follow.DEPTH, Follow.POSE):
            yield replace(request, follow=follow), Role.REFERENCE
    if Kind.UPSCALE in spec.kinds:
        yield replace(request, kind=Kind.UPSCALE, prompt=""), Role.REFERENCE
    if Kind.RESTYLE in spec.kinds:
        yield replace(request, kind=Kind.RESTYLE), Role.REFERENCE


def _planned(
    request: Request, role: Role | None, capabilities: Capabilities, limits: PlanLimits
) -> Recipe | None:
    """None where it cannot be planned: this way needs something else, or something that is not here."""
    files = {} if role is None else {role: _SUBJECTS[role]}
    try:
        return plan(
            request,
            files.get(Role.PICTURE),
            reference=files.get(Role.REFERENCE),
            capabilities=capabilities,
            limits=limits,
        )
    except UserError:
        return None
