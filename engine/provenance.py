"""What a finished file says of itself: its recipe, and that a machine made it."""

from __future__ import annotations

from engine.recipe import Kind, Recipe

TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC digital source type of media made by a trained model."""

ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
"""IPTC digital source type of media made by an algorithm without training data."""

COMPOSITE_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
"""IPTC digital source type of a real picture with synthetic parts."""


def metadata(recipe: Recipe) -> dict[str, str]:
    """Tags for the container.

    Args:
        recipe: goes into ``comment`` as JSON, so that the file can be read back and replayed.

    Returns:
        ``title``, ``comment`` and ``description`` (with the IPTC digital source type).
    """
    source = COMPOSITE_MEDIA if recipe.kind is Kind.ANIMATE else ALGORITHMIC_MEDIA
    return {
        "title": "Made with Framekiln",
        "comment": recipe.to_json(),
        "description": f"Made by a machine ({recipe.engine}). Digital source type: {source}",
    }
