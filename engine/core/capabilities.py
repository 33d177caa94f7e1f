"""What this machine has for making clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.family_spec import FamilySpec
from engine.core.installed import Installed


@dataclass(frozen=True, kw_only=True)
class Capabilities(Installed):
    """All that a plan must know of the machine.

    Attributes:
        added: the families that the owner's folders and accounts add, by name; see
            :func:`engine.families.families_of`.
    """

    added: Mapping[str, FamilySpec] = field(default_factory=dict)
