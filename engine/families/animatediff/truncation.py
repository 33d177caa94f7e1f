"""What a text encoder will not read: CLIP takes 77 tokens, and cuts the rest off without a word."""

from __future__ import annotations

from typing import Any


def unread(tokenizer: Any, text: str) -> str:
    """The end of a text that is cut off; "" where all of it is read."""
    tokens = tokenizer(text, truncation=False).input_ids
    limit: int = tokenizer.model_max_length
    if len(tokens) <= limit:
        return ""
    left: str = tokenizer.decode(tokens[limit - 1 : -1])  # the last one of both is the end's mark
    return left.strip()
