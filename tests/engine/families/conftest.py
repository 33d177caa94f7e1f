"""Put the libraries in order, as ``engine.families.load`` does, before a test imports a family directly."""

import engine.diffusion  # noqa: F401
