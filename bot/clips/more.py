"""“More…” under a clip: what is wanted less often, shown to the member who asks."""

from __future__ import annotations

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.buttons.rows import behind_more
from bot.discord_io.interactions import Interaction
from bot.requests.submission import Submissions
from bot.text import clip_texts
from db.jobs.job import Job


class More(JobButton):
    """Show the other buttons of a clip. They are the same as under older clips, so each checks for itself."""

    action = "more"
    look = Look("More…", None)
    place = Place.CLIP
    order = 90

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Answer with them, in private."""
        here = await interaction.client.part(Submissions).at_once()
        view = behind_more(job, here)
        await interaction.response.send_message(clip_texts.MORE, view=view, ephemeral=True)
