"""From a recipe to a finished file: inputs, takes, gate, smoothing, encoding."""
