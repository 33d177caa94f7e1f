"""A message as one container: words, pictures and buttons in the order in which they are read.

Discord calls this components v2. Such a message has no content of its own, and an edit never makes a plain
one of it again; its files stand in the components only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

import discord

from bot.discord_io.post import ALT_LIMIT, SPOILER, Attached, Post

PER_ROW = 5


def container(*parts: discord.ui.Item[Any]) -> discord.ui.LayoutView:
    """One message. It is stopped at once, as in :func:`bot.buttons.rows.view_of`."""
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts))
    view.stop()
    return view


def contained(post: Post, buttons: discord.ui.View | None) -> discord.ui.LayoutView:
    """The same message in a container: its file, its words, its buttons.

    Args:
        post: with one file at most.
        buttons: no others stand in a message yet.
    """
    shown = [] if post.file is None else [Attached(path=post.file, name=post.file_name or "", alt=post.alt)]
    children = () if buttons is None else buttons.children
    pressed = [each for each in children if isinstance(each, discord.ui.DynamicItem)]
    return container(*map(gallery, shown), words(post.content), *rows_of(pressed))


def words(text: str) -> discord.ui.TextDisplay[Any]:
    """Some text; mentions in it ping as they do anywhere."""
    return discord.ui.TextDisplay(str(text))


def gallery(*shown: Attached) -> discord.ui.MediaGallery[Any]:
    """Pictures and clips, each with what it shows."""
    return discord.ui.MediaGallery(
        *(
            discord.MediaGalleryItem(
                f"attachment://{file.name}",
                description=str(file.alt)[:ALT_LIMIT] or None,
                spoiler=file.name.startswith(SPOILER),
            )
            for file in shown
        )
    )


def beside(text: str, button: discord.ui.DynamicItem[Any]) -> discord.ui.Section[Any]:
    """Some text with a button at its right."""
    return discord.ui.Section(str(text), accessory=button.item)


def rows_of(buttons: Sequence[discord.ui.DynamicItem[Any]]) -> Iterator[discord.ui.ActionRow[Any]]:
    """Buttons, five in a row."""
    for start in range(0, len(buttons), PER_ROW):
        yield discord.ui.ActionRow(*(button.item for button in buttons[start : start + PER_ROW]))


def files_in(message: discord.Message) -> Iterator[str]:
    """The names of a message's files, wherever they stand."""
    yield from (file.filename for file in message.attachments)
    for one in _walk(message.components):
        if isinstance(one, discord.MediaGalleryComponent):
            yield from (unquote(PurePath(urlsplit(item.media.url).path).name) for item in one.items)


def _walk(components: Sequence[Any]) -> Iterator[Any]:
    for one in components:
        yield one
        yield from _walk(getattr(one, "children", ()))
