"""Makes the parts that have takes drawn by services; a part of the composition root."""

from __future__ import annotations

from collections.abc import Callable

from bot import elsewhere_policies, intake_policies
from bot.config.settings import Settings
from bot.discord_io.messenger import Messenger
from bot.hosted.alarm import BudgetAlarm
from bot.hosted.consent import Consents
from bot.hosted.hosting import Hosting
from bot.hosted.service import Accounts, HostedService, accounts_of
from bot.hosted.settling import settling
from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.foreign_takes import ForeignTakes
from bot.intake.sound_intake import SoundIntake
from db.moderation.reviews import Reviews
from db.purchases import Purchases
from db.sqlite.connection import Database
from db.sqlite.meta import Meta
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.owned import owned_families


def accounts_for(settings: Settings, database: Database, clock: Callable[[], float]) -> Accounts:
    """What has takes drawn by services. It is made before the engine process, which is handed it.

    Args:
        settings: the owner's.
        database: has the ledger.
        clock: returns Unix seconds.
    """
    purchases = Purchases(database, clock=clock)
    hosting = Hosting(
        elsewhere_policies.for_hosting(settings),
        elsewhere_policies.for_overflow(settings),
        budget=elsewhere_policies.for_hosted_takes(settings).budget,
        purchases=purchases,
    )
    foreign = ForeignTakes(
        clips=ClipIntake(intake_policies.for_hosted_clips(settings), folder=settings.data_dir),
        sounds=SoundIntake(intake_policies.to_hear(settings), folder=settings.data_dir),
        pictures=Decoder(
            intake_policies.for_intake(settings), wall_seconds=settings.decode_seconds, at_once=1
        ),
    )

    def find(workflow: str) -> Workflow | None:
        """A workflow as it is now: the owner may change it at any time."""
        return owned_families(elsewhere_policies.owned_environment(settings)).workflows.get(workflow)

    return accounts_of(
        hosting,
        purchases,
        policy=elsewhere_policies.for_hosted_takes(settings),
        limits=elsewhere_policies.for_wire(settings),
        workflow=find,
        makes_anew=foreign,
        clock=clock,
    )


def hosted_service(
    accounts: Accounts,
    *,
    purchases: Purchases,
    reviews: Reviews,
    meta: Meta,
    messenger: Messenger,
    clock: Callable[[], float],
) -> HostedService:
    """All of it, for those who use it.

    Args:
        accounts: what has takes drawn.
        purchases: the ledger.
        reviews: knows whom to tell of the budget.
        meta: remembers who was told.
        messenger: tells them.
        clock: returns Unix seconds.
    """
    takes = accounts.takes
    alarm = BudgetAlarm(
        budget=accounts.hosting.budget,
        purchases=purchases,
        reviews=reviews,
        meta=meta,
        messenger=messenger,
        clock=clock,
    )
    return HostedService(
        hosting=accounts.hosting,
        takes=takes,
        receiver=accounts.receiver,
        consents=Consents(purchases),
        settling=settling(purchases, takes.providers, lambda: takes.under_way),
        alarm=alarm,
    )
