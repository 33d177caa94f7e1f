"""Chains of deeds after which nothing of an erased member may be left."""
