"""Cross-attention to a single token, without the attention.

Where there is one key, the softmax over the keys is 1: every query gets the value, whatever it asks. Queries,
keys and scores need not be worked out, and the output projection is needed once instead of for each query.
Stable Video Diffusion attends to one token in all its cross-attention: the embedding of the picture.
"""

from __future__ import annotations

from typing import Any

import torch


class OneKeyProcessor:
    """Stands in for diffusers' ``AttnProcessor2_0`` where a layer attends to a sequence of one token."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> torch.Tensor:
        """Attend.

        Args:
            attn: the layer, a ``diffusers.models.attention_processor.Attention``.
            hidden_states: ``[B, L, C]``; their values have no effect.
            encoder_hidden_states: ``[B, 1, D]``.
            attention_mask: there is nothing to mask; must be None.
            kwargs: what other processors take; ignored.

        Returns:
            ``[B, L, C]``, the same at each of the L places.

        Raises:
            ValueError: there are several keys, or the layer does more than attend.
        """
        del kwargs
        if encoder_hidden_states is None or encoder_hidden_states.shape[1] != 1 or attention_mask is not None:
            raise ValueError("this layer attends to more than one token")
        value = attn.to_v(encoder_hidden_states)
        for layer in attn.to_out:
            value = layer(value)
        return value.expand(-1, hidden_states.shape[1], -1)


def is_plain(attn: Any) -> bool:
    """Whether a layer does nothing beside attending that would be lost."""
    extras = ("spatial_norm", "group_norm", "norm_cross", "norm_q", "norm_k")
    return (
        all(getattr(attn, name, None) in {None, False} for name in extras)
        and not attn.residual_connection
        and attn.rescale_output_factor == 1
    )


def attend_to_one_key(unet: Any) -> int:
    """Give all plain cross-attention of a UNet the processor for one key.

    Args:
        unet: whose ``attn2`` layers are all given one token.

    Returns:
        How many layers there were.
    """
    layers = [module for name, module in unet.named_modules() if name.endswith(".attn2") and is_plain(module)]
    for layer in layers:
        layer.set_processor(OneKeyProcessor())
    return len(layers)
