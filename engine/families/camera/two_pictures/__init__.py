"""Clips that go from one picture to another: how the two fit together, and the way between them."""
