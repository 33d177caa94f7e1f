"""Several ways to other machines as one: the first part of an engine's name says which is taken."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.elsewhere import DrawsElsewhere, TakeFile, TakeHooks, TakeOrder
from engine.core.errors import Unsupported


class ByEngine:
    """Sends each take where its engine draws; see :class:`engine.core.elsewhere.DrawsElsewhere`."""

    def __init__(self, ways: Mapping[str, DrawsElsewhere]) -> None:
        """Make one from the ways, by the first part of their engines' names."""
        self._ways = ways

    async def draw(self, order: TakeOrder, hooks: TakeHooks) -> TakeFile:
        """Have a take drawn; as the protocol says."""
        way = self._ways.get(order.recipe.engine.partition("/")[0])
        if way is None:
            raise Unsupported(f"There is no way to the machine that {order.recipe.engine} draws on.")
        return await way.draw(order, hooks)
