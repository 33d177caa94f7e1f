"""The remix tree of a clip: what it was made from, and what was made from it, by whom."""

from __future__ import annotations

import asyncio
import io

import discord

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.clips.tree_picture import Node, draw_tree
from bot.discord_io.interactions import Interaction
from bot.discord_io.replies import think
from bot.text import tree_texts
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import State

MOST = 40
"""Clips of a tree that are shown; the oldest ones."""


class RemixTree(JobButton):
    """Show the tree, to the member who asked."""

    action = "tree"
    in_servers_only = True
    look = Look("Tree", "🌳")
    place = Place.MORE
    order = 65

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Draw it; who made what stands in the text, since a picture can't show names as Discord does."""
        await think(interaction)
        family = await interaction.client.part(JobQueries).family(job, most=MOST)
        nodes, lines = tree_of(family, job, interaction.user.id)
        picture = await asyncio.to_thread(draw_tree, nodes)
        file = discord.File(io.BytesIO(picture), "tree.png", description=tree_texts.alternative(lines)[:1024])
        await interaction.edit_original_response(
            content=tree_texts.tree(lines),
            attachments=[file],
            allowed_mentions=discord.AllowedMentions.none(),
        )


def tree_of(family: list[Job], asked: Job, member: int) -> tuple[list[Node], list[str]]:
    """The boxes of a tree, and a line for each.

    Args:
        family: the clips, each behind what it was made from.
        asked: the one that the tree is about.
        member: who looks at it; another's private clip is not told of.
    """
    places: dict[str, int] = {}
    nodes, lines = [], []
    for place, job in enumerate(family):
        parent = None if job.parent is None else places.get(job.parent)
        gone = job.deleted_at is not None or job.forgotten_at is not None or job.user_id < 0
        hidden = gone or job.state is not State.DELIVERED or (job.private and job.user_id != member)
        what = tree_texts.what(job.kind, gone=gone, hidden=hidden)
        places[job.id] = place
        nodes.append(Node(parent=parent, label=f"{place + 1}. {what}", gone=hidden, this=job.id == asked.id))
        lines.append(
            tree_texts.line(
                place + 1, what, None if hidden else job.user_id, None if parent is None else parent + 1
            )
        )
    return nodes, lines
