"""The effects of a server: those that ship and its own; and using one on a picture."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.concurrency import Turns
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.forecast import Forecaster
from bot.intake.attachment import Attachment
from bot.intake.download import Downloader
from bot.requests.submission import Submissions
from bot.seats import lane_of
from bot.text import effect_texts
from bot.text.wording import in_words
from db.community.effects import Effects
from engine.core.errors import Code, UserError
from engine.core.recipe import Kind, Role
from engine.core.request import Request, Subject
from engine.effects.effect_recipe import MAX_BYTES, EffectRecipe
from engine.effects.shipped import SHIPPED
from engine.families import families_of
from engine.untrusted.headers import Refused

log = logging.getLogger(__name__)

PICKS, PICK_SECONDS = 500, 15 * 60.0
"""Menus that are open at once, and how long one works: as long as Discord lets a private answer be edited."""

DOWNLOAD_SECONDS = 10.0
ABOUT = Subject(sha256="", width=1600, height=900)
"""A picture of the usual shape, for the wait before there is one."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A picture that waits for its effect.

    Attributes:
        picture: as Discord keeps it for the moment.
        giver: whose message it is from.
        member: who chooses.
        at: of a clock that only goes forward, seconds.
    """

    picture: Attachment
    giver: int
    member: int
    at: float


class ServerEffects:
    """Finds effects, and uses them."""

    def __init__(
        self,
        *,
        own: Effects,
        submissions: Submissions,
        forecaster: Forecaster,
        folder: Path,
        most: int,
    ) -> None:
        """Make one.

        Args:
            own: the servers' own effects.
            submissions: takes the request.
            forecaster: knows how long it would wait.
            folder: where a file lies while it is read.
            most: effects of its own that a server may have.
        """
        self._own = own
        self._submissions = submissions
        self._forecaster = forecaster
        self._folder = folder
        self.most = most
        self._turns = Turns(at_once=2, waiting=20)
        self._picks: OrderedDict[int, Pick] = OrderedDict()

    async def all_of(self, guild: int) -> Mapping[str, EffectRecipe]:
        """Every effect that can be used in a server, by its name in small letters; those that ship first."""
        return {**SHIPPED, **await self.own_of(guild)}

    async def own_of(self, guild: int) -> dict[str, EffectRecipe]:
        """A server's own effects. One that cannot be read any more is left out, and the log says so."""
        found = {}
        for name, text in (await self._own.of_guild(guild)).items():
            try:
                found[name.lower()] = EffectRecipe.from_json(text)
            except UserError as error:
                log.warning("an effect of server %s cannot be read: %s", guild, error)
        return found

    async def named(self, guild: int, name: str) -> EffectRecipe:
        """The effect of this name, as it may have been typed: in English or as the lists show it.

        Raises:
            UserError: there is none.
        """
        wanted = name.split("·", maxsplit=1)[0].strip()
        every = await self.all_of(guild)
        shown = {in_words(one.name).lower(): one for one in every.values()}
        found = every.get(wanted.lower()) or shown.get(wanted.lower())
        if found is None:
            raise UserError(Code.EFFECT, effect_texts.NO_SUCH, name=wanted[:40])
        return found

    async def use(self, interaction: Interaction, effect: EffectRecipe, picture: Attachment) -> None:
        """Submit a clip of a picture with an effect, as any other request of this member."""
        await self._submissions.ask(interaction, self.request(effect), {Role.PICTURE: picture})

    def request(self, effect: EffectRecipe) -> Request:
        """What an effect asks for here. Where the owner lets one engine draw, that one draws."""
        try:
            engine = self._submissions.engine_for(Kind.ANIMATE, effect.engine)
        except UserError:
            engine = self._submissions.engine_for(Kind.ANIMATE)
        return effect.request(engine)

    async def check(self, effect: EffectRecipe) -> None:
        """Plan an effect as it would be planned for a picture.

        Raises:
            UserError: it cannot be made here, and why.
        """
        capabilities = await self._submissions.capabilities()
        self._submissions.plan(self.request(effect), {Role.PICTURE: ABOUT}, capabilities)

    async def wait(self, interaction: Interaction, effect: EffectRecipe) -> float | None:
        """How many seconds a clip with it would take now, about; None: it can't be made here."""
        capabilities = await self._submissions.capabilities()
        try:
            recipe = self._submissions.plan(self.request(effect), {Role.PICTURE: ABOUT}, capabilities)
        except UserError:
            return None
        wait = await self._forecaster.for_new(
            recipe.profile,
            guild_of(interaction),
            interaction.user.id,
            lane=lane_of(recipe, families_of(capabilities)),
            engine=recipe.engine,
        )
        return wait.middle

    def hold(self, interaction: Interaction, picture: Attachment, giver: int) -> int:
        """Remember a picture until its effect is chosen; return the number of the menu."""
        now = time.monotonic()
        while self._picks and (len(self._picks) >= PICKS or _is_over(next(iter(self._picks.values())), now)):
            self._picks.popitem(last=False)
        self._picks[interaction.id] = Pick(picture=picture, giver=giver, member=interaction.user.id, at=now)
        return interaction.id

    def held(self, interaction: Interaction, number: int) -> Pick | None:
        """The picture of a member's menu; None: the menu is too old, from before a restart, or another's."""
        pick = self._picks.get(number)
        if pick is None or _is_over(pick, time.monotonic()) or pick.member != interaction.user.id:
            return None
        return pick

    async def read(self, file: Attachment) -> EffectRecipe:
        """Fetch and read an effect's file.

        Raises:
            UserError: it is none; the text says what is wrong with it.
        """
        if not 0 < file.size <= MAX_BYTES:
            raise UserError(Code.EFFECT, effect_texts.not_a_file(MAX_BYTES))
        fetching = Downloader(
            max_bytes=MAX_BYTES, seconds=DOWNLOAD_SECONDS, turns=self._turns, folder=self._folder
        )
        async with fetching as downloads:
            try:
                fetched = await downloads.fetch(file)
            except Refused as error:
                raise UserError(Code.EFFECT, effect_texts.not_a_file(MAX_BYTES)) from error
            with fetched:
                return EffectRecipe.from_json(fetched.read())


def _is_over(pick: Pick, now: float) -> bool:
    return now - pick.at > PICK_SECONDS
