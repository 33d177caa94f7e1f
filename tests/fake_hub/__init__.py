"""A hub and a package index on a port of this machine: honest; or it cuts, truncates, corrupts, refuses."""

from tests.fake_hub.repos import Repo, hub_source, tiny_pipeline, weights
from tests.fake_hub.server import FakeHub, Trouble

__all__ = ["FakeHub", "Repo", "Trouble", "hub_source", "tiny_pipeline", "weights"]
