"""The deep layers of a video UNet, worked out on some steps only.

What the deep, coarse layers find changes little from one step to the next. So they work on every n-th step.
On the steps between, the outermost layers work on the noise as it is and on what the deep ones found last.
Source: Ma et al. 2024, "DeepCache: Accelerating Diffusion Models for Free".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class DeepCache:
    """Lets a ``UNetSpatioTemporalConditionModel`` skip all but its outermost layers on some steps.

    On a step that skips, these work: ``conv_in``, the first layer of the first block down, all layers but the
    first of the last block up, and what follows them.
    """

    def __init__(self, unet: Any) -> None:
        """Attach to a UNet, for as long as it lives; it changes nothing until :meth:`over`."""
        self._every = 1
        self._done = 0
        self._found: torch.Tensor | None = None
        first, *others = unet.down_blocks
        *inner, last = unet.up_blocks
        first.forward = _Outer(self, first.forward, first)
        for block in others:
            block.forward = _SkippedDown(self, block.forward, block)
        for block in (unet.mid_block, *inner):
            block.forward = _Skipped(self, block.forward)
        last.forward = _Last(self, last.forward, last)

    @contextmanager
    def over(self, every: int) -> Iterator[None]:
        """Let the deep layers work on every n-th step in the body of the ``with``; 1: on all."""
        self._every, self._done = every, 0
        try:
            yield
        finally:
            self._every, self._found = 1, None

    def step_done(self) -> None:
        """Tell it that a step is over."""
        self._done += 1

    @property
    def active(self) -> bool:
        """Whether some steps skip."""
        return self._every > 1

    @property
    def skips(self) -> bool:
        """Whether this step does."""
        return self._done % self._every != 0

    def keep(self, found: torch.Tensor) -> None:
        """Remember what the deep layers found."""
        self._found = found

    def found(self, batch: int) -> torch.Tensor:
        """What they found last; its second half, where guidance has ended since."""
        if self._found is None:
            raise RuntimeError("the deep layers have not worked yet")
        return self._found[-batch:]


class _Outer:
    """The first block down: its first layer is all that a step needs that skips."""

    def __init__(self, cache: DeepCache, forward: Any, block: Any) -> None:
        self._cache, self._forward, self._block = cache, forward, block

    def __call__(self, hidden_states: torch.Tensor, temb: torch.Tensor, **more: Any) -> Any:
        if not self._cache.skips:
            return self._forward(hidden_states=hidden_states, temb=temb, **more)
        hidden = _layer(self._block, 0, hidden_states, temb, more)
        return hidden, (hidden,) * _outputs(self._block)


class _SkippedDown:
    """Another block down. What it hands on is not needed: the blocks that take it are skipped as well."""

    def __init__(self, cache: DeepCache, forward: Any, block: Any) -> None:
        self._cache, self._forward, self._block = cache, forward, block

    def __call__(self, hidden_states: torch.Tensor, **more: Any) -> Any:
        if not self._cache.skips:
            return self._forward(hidden_states=hidden_states, **more)
        return hidden_states, (hidden_states,) * _outputs(self._block)


class _Skipped:
    """The block in the middle, or one of the inner blocks up."""

    def __init__(self, cache: DeepCache, forward: Any) -> None:
        self._cache, self._forward = cache, forward

    def __call__(self, hidden_states: torch.Tensor, **more: Any) -> Any:
        return hidden_states if self._cache.skips else self._forward(hidden_states=hidden_states, **more)


class _Last:
    """The last block up. It remembers what comes out of its first layer, and goes on from there."""

    def __init__(self, cache: DeepCache, forward: Any, block: Any) -> None:
        self._cache, self._forward, self._block = cache, forward, block

    def __call__(
        self,
        hidden_states: torch.Tensor,
        temb: torch.Tensor,
        res_hidden_states_tuple: tuple[torch.Tensor, ...],
        **more: Any,
    ) -> Any:
        if not self._cache.active:
            return self._forward(
                hidden_states=hidden_states,
                temb=temb,
                res_hidden_states_tuple=res_hidden_states_tuple,
                **more,
            )
        more.pop("upsample_size", None)  # the last block does not enlarge
        skips = res_hidden_states_tuple[::-1]
        if self._cache.skips:
            hidden = self._cache.found(len(skips[-1]))
        else:
            hidden = _layer(self._block, 0, torch.cat((hidden_states, skips[0]), dim=1), temb, more)
            self._cache.keep(hidden)
        for number in range(1, len(self._block.resnets)):
            hidden = _layer(self._block, number, torch.cat((hidden, skips[number]), dim=1), temb, more)
        return hidden


def _layer(
    block: Any, number: int, hidden: torch.Tensor, temb: torch.Tensor, more: dict[str, Any]
) -> torch.Tensor:
    """One layer of a block: a residual block, and attention where the block has some."""
    indicator = more["image_only_indicator"]
    out: torch.Tensor = block.resnets[number](hidden, temb, image_only_indicator=indicator)
    if getattr(block, "has_cross_attention", False):
        out = block.attentions[number](
            out,
            encoder_hidden_states=more["encoder_hidden_states"],
            image_only_indicator=indicator,
            return_dict=False,
        )[0]
    return out


def _outputs(block: Any) -> int:
    """How many tensors a block down hands to the block up at the other side."""
    return len(block.resnets) + (0 if block.downsamplers is None else len(block.downsamplers))
