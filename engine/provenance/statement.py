"""What a finished file says about itself: its recipe, and that a machine made it."""

from __future__ import annotations

from collections.abc import Collection

from engine.core.recipe import Recipe, Role, SoundSource
from engine.core.services import service_of
from engine.families import FAMILIES

TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC digital source type of media made by a trained model."""

ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
"""IPTC digital source type of media made by an algorithm without training data."""

COMPOSITE_TRAINED_MEDIA = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
"""IPTC digital source type of a real picture that a trained model continued."""

COMPOSITE_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
"""IPTC digital source type of a real picture with synthetic parts."""


def metadata(recipe: Recipe) -> dict[str, str]:
    """Tags for the container.

    Args:
        recipe: goes into ``comment`` as JSON, so that the file can be read back and replayed.

    Returns:
        ``title``, ``comment`` and ``description`` (with the IPTC digital source type).
    """
    return {
        "title": "Made with Framekiln",
        "comment": recipe.to_json(),
        "description": f"Made by a machine ({recipe.engine}){at_service(recipe)}{_with(sound_of(recipe))}. "
        f"Digital source type: {source_type(recipe)}",
    }


def at_service(recipe: Recipe) -> str:
    """Where a recipe's clip is made, in words; "" for a machine of the owner's."""
    title = service_of(recipe.engine)
    return f", at the service {title}" if title and not recipe.only_remade else ""


def sound_of(recipe: Recipe) -> str:
    """Where the sound of a recipe's clip comes from, in words; "" for a silent clip."""
    own = {
        SoundSource.DRAWN: f"sound made by the engine {recipe.engine}",
        SoundSource.GIVEN: "sound that a member gave",
    }
    said = [own[recipe.sound]] if recipe.sound in own else []
    if recipe.before is not None and recipe.before.sound:
        said.append("the sound of the clip before")
    return " and ".join(said)


def _with(sound: str) -> str:
    return f", with {sound}" if sound else ""


def source_type_of_all(types: Collection[str]) -> str:
    """IPTC digital source type of what is joined from clips of these types."""
    trained = not {TRAINED_MEDIA, COMPOSITE_TRAINED_MEDIA}.isdisjoint(types)
    real = not {COMPOSITE_MEDIA, COMPOSITE_TRAINED_MEDIA}.isdisjoint(types)
    if real:
        return COMPOSITE_TRAINED_MEDIA if trained else COMPOSITE_MEDIA
    return TRAINED_MEDIA if trained else ALGORITHMIC_MEDIA


def source_type(recipe: Recipe) -> str:
    """IPTC digital source type of a recipe's clip: it depends on the inputs and on what draws.

    What is not built in is drawn by another program, which is taken to use a trained model.
    """
    engines = (recipe.engine, *(() if recipe.before is None else recipe.before.engines))
    trained = any(name not in FAMILIES or FAMILIES[name].trained for name in engines)
    real = recipe.before is not None and recipe.before.real
    if real or recipe.inputs.keys() & {Role.PICTURE, Role.END, Role.REFERENCE, Role.SOUND}:
        return COMPOSITE_TRAINED_MEDIA if trained else COMPOSITE_MEDIA
    return TRAINED_MEDIA if trained else ALGORITHMIC_MEDIA
