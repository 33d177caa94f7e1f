"""What every part of the engine speaks of: recipe, request, events, errors, family."""
