"""From a request to a recipe."""
