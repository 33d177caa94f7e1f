"""Hosted engines as families, so that members choose one like any other engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from engine.core.family_spec import FamilySpec, Outline, Tuned
from engine.core.recipe import Kind, Quality
from engine.core.request import Feature
from engine.core.sentence import Sentence
from engine.core.services import service_of
from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.hosted.slugs import Per, Slot, Slug, Sound, read_table

TARGET = "engine.families.elsewhere.draw:ElsewhereFamily"
RANK = 90


TABLES_VARIABLE = "FRAMEKILN_HOSTED_ENGINES_DIR"
"""Name of a setting, as the bot passes it on to the engine process. "": there is no such folder."""

SERVICES_VARIABLE = "FRAMEKILN_HOSTED_SERVICES"
"""The services that the owner has an account with, by their names, with commas; keys are not passed on."""


def hosted_families(environment: Mapping[str, str]) -> tuple[Mapping[str, FamilySpec], tuple[str, ...]]:
    """The hosted engines that the settings name, by name, and what is wrong with the owner's tables."""
    services = [each for each in environment.get(SERVICES_VARIABLE, "").split(",") if each]
    if not services:
        return {}, ()
    folder = environment.get(TABLES_VARIABLE, "")
    table = read_table(Path(folder) if folder else None)
    specs = specs_of(table.slugs, services)
    return {spec.name: spec for spec in specs}, table.wrong


def specs_of(slugs: Mapping[str, Slug], providers: Collection[str]) -> tuple[FamilySpec, ...]:
    """The families of a table.

    Args:
        slugs: the hosted engines by name.
        providers: names of the services that the owner has an account with.
    """
    usable = (slug for slug in slugs.values() if slug.provider in providers and slug.priced)
    return tuple(family_of(slug) for slug in usable)


def family_of(slug: Slug) -> FamilySpec:
    """A hosted engine as a family."""
    return FamilySpec(
        name=slug.name,
        target=TARGET,
        kinds=frozenset(slug.kinds),
        needs_picture=Kind.TEXT2VIDEO not in slug.kinds,
        max_native_fps=slug.fps,
        min_native_fps=slug.fps,
        about=Sentence("{price}; {about}", price=in_short(slug), about=slug.about or slug.title),
        rank=RANK,
        features=_features(slug),
        area={quality: _area(slug, quality) for quality in Quality},
        multiple=slug.multiple,
        longest=slug.frames_in(slug.seconds[-1]),
        count=_counting(slug),
        tune=_tuning(slug),
        made_at=slug.provider,
        by_name=True,
    )


def in_short(slug: Slug) -> str:
    """The same for the list of engines, where a line has 100 characters: the price must not be cut off."""
    low, high = _range(slug)
    return Sentence(
        "at {service}, leaves this machine, {price} a take",
        service=service_of(slug.name),
        price=texts.price_range(low, high),
    )


def told_of(slug: Slug) -> str:
    """What a member is told before the click: where it is made, and what it costs.

    Raises:
        Unsupported: nobody has said what it costs.
    """
    low, high = _range(slug)
    return texts.before_the_click(service_of(slug.name), low, high)


def _range(slug: Slug) -> tuple[int, int]:
    """The least and the most that a take can cost, in millionths of a dollar."""
    each = sorted(micros(slug.price_each(size.quality)) for size in slug.sizes)
    units = slug.work_seconds or (1.0, 1.0)
    if slug.per is Per.SECOND:
        units = (slug.seconds[0], slug.seconds[-1])
    return round(each[0] * units[0]), round(each[-1] * units[1])


def _features(slug: Slug) -> frozenset[Feature]:
    there = {
        Feature.PROMPT: Slot.PROMPT in slug.fields or slug.provider == "runpod",
        Feature.FIRST_FRAME: Kind.TEXT2VIDEO in slug.kinds and Slot.PICTURE in slug.fields,
        Feature.END: Slot.END in slug.fields,
        Feature.SOUND: slug.sound is not Sound.NONE,
    }
    return frozenset(feature for feature, has in there.items() if has)


def _area(slug: Slug, quality: Quality) -> int:
    size = slug.size_for(quality)
    return size.width * size.height


def _counting(slug: Slug) -> Callable[[int], int]:
    """The least number of frames that is drawn and not less than another one."""

    def count(frames: int) -> int:
        return slug.frames_in(slug.length_for((frames - slug.extra_frames) / slug.fps))

    return count


def _tuning(slug: Slug) -> Callable[[Outline], Tuned]:
    def tune(outline: Outline) -> Tuned:
        request = outline.request
        return Tuned(
            model=slug.model,
            words=request.prompt if Slot.PROMPT in slug.fields or slug.provider == "runpod" else "",
            negative=(request.negative or "") if Slot.NEGATIVE in slug.fields else "",
            reasons=(told_of(slug),),
        )

    return tune
