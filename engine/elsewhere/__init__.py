"""Engines that draw on other machines: what an owner says of them, and how they are spoken to.

A family that is drawn elsewhere has :attr:`engine.core.family_spec.FamilySpec.made_at`. Its takes come from
another machine; all that follows is as for any family.
"""
