"""Recipes of the database's own tests are plain words, for whatever erases."""

from __future__ import annotations


class Words:
    """A :class:`db.privacy.erase.Redactor` that reads nothing."""

    def forget(self, recipe):
        return "{}"

    def forget_receipt(self, receipt):
        return "{}"

    def forget_these(self, recipe, others, digests):
        return "{}" if recipe in others else recipe

    def retells(self, recipe, other):
        return recipe == other

    def phrases(self, recipe):
        return {recipe} - {"{}"}
