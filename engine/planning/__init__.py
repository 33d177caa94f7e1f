"""From a wish to a recipe."""
