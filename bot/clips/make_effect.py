"""*Make an effect of this*: moderators turn a finished clip's recipe into an effect of their server."""

from __future__ import annotations

from bot.buttons.form import Form
from bot.buttons.job_button import job_here
from bot.config.settings import Settings
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import is_moderator
from bot.discord_io.whereabouts import guild_of
from bot.job_documents import recipe_of
from bot.requests.server_effects import ServerEffects
from bot.text import effect_texts, messages
from bot.text.foreign import refusal
from db.audit.log import AuditEntry
from db.community.effects import Effects, Kept
from db.jobs.job import Job
from db.states import JobId, State
from engine.core.errors import UserError
from engine.effects.effect_recipe import MAX_ABOUT, MAX_NAME, EffectRecipe
from engine.effects.shipped import SHIPPED

BY_FORM = "by the menu of its message"


class MakeEffectForm(Form):
    """Ask for the name of a new effect, and for the line that explains it."""

    prefix = "fk:makeeffect:"
    field = "fk:name"
    title = "Make an effect of this"
    label = "Its name; a second line may explain it"

    @classmethod
    async def filled_in(cls, interaction: Interaction, about: str, words: str) -> None:
        """Keep the effect."""
        if not is_moderator(interaction, interaction.client.part(Settings).moderator_roles):
            await say(interaction, messages.NOT_A_MODERATOR)
            return
        job = await job_here(interaction, JobId(about), needs_words=True)
        if job is None:
            return
        if not is_finished(job):
            await say(interaction, effect_texts.NOT_FINISHED)
            return
        name, _, explained = (part.strip() for part in words.partition("\n"))
        try:
            effect = EffectRecipe.of(recipe_of(job), name, explained[:MAX_ABOUT])
        except UserError as error:
            await say(interaction, refusal(error))
            return
        await say(interaction, await add_effect(interaction, effect, job=job.id, reason=BY_FORM))


async def add_effect(
    interaction: Interaction, effect: EffectRecipe, *, job: JobId | None, reason: str
) -> str:
    """Keep a new effect of the server in which it was asked for; return what is said about it."""
    if effect.name.lower() in SHIPPED:
        return effect_texts.TAKEN
    most = interaction.client.part(ServerEffects).most
    entry = AuditEntry(
        guild_id=guild_of(interaction),
        actor_id=interaction.user.id,
        action="effect add",
        target=effect.name,
        reason=reason,
    )
    kept = interaction.client.part(Effects)
    outcome = await kept.add(effect.name, effect.to_json(), entry, job=job, most=most)
    return {
        Kept.DONE: effect_texts.made(effect.name),
        Kept.TAKEN: effect_texts.TAKEN,
        Kept.FULL: effect_texts.full(most),
        Kept.GONE: effect_texts.GONE,
    }[outcome]


async def ask_for_name(interaction: Interaction, job: Job) -> None:
    """Show the form about a clip."""
    await MakeEffectForm.open(
        interaction,
        MakeEffectForm.id_for(job=job.id),
        longest=MAX_NAME + 1 + MAX_ABOUT,
    )


def is_finished(job: Job) -> bool:
    """Whether a job's clip was posted for everybody and is still there."""
    there = job.deleted_at is None and job.forgotten_at is None
    return job.state is State.DELIVERED and there and not job.private
