"""What is made first: what every other part of the bot may be handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot import drawing_policies, elsewhere_policies, policies
from bot.assembly.seating import Seating
from bot.config.paths import OUTBOX, OWN_DIGESTS
from bot.config.settings import Settings
from bot.discord_io.messenger import Messenger
from bot.fleet.abilities import Abilities
from bot.fleet.others_first import OthersFirst
from bot.fleet.places import Places
from bot.forecast import Forecaster
from bot.hosted.service import Accounts
from bot.intake.reception import Reception
from bot.ops.data_watch import DataWatch
from bot.ops.shortages import Shortages
from bot.privacy.forgetting import RecipeRedactor
from bot.requests.inventory import Inventory
from bot.signals import JobSignals
from db.files import Blobs
from db.privacy.erase import Eraser
from db.privacy.pseudonyms import Pseudonyms
from db.queue import Queue
from db.sqlite.connection import Database
from engine.elsewhere.owned import owned_families
from engine.provenance.seal import Sealer
from engine.weights.own_files import OwnFiles


@dataclass(frozen=True, kw_only=True)
class Base:
    """What is made first, and what every other part may be handed."""

    settings: Settings
    clock: Callable[[], float]
    database: Database
    queue: Queue
    blobs: Blobs
    seating: Seating
    reception: Reception
    sealer: Sealer
    eraser: Eraser
    signals: JobSignals
    messenger: Messenger
    forecaster: Forecaster
    shortages: Shortages
    data_watch: DataWatch
    inventory: Inventory
    accounts: Accounts
    places: Places
    own_files: OwnFiles
    abilities: Abilities
    others_first: OthersFirst

    @property
    def outbox(self) -> Path:
        """The folder of what is about to be posted."""
        return self.settings.data_dir / OUTBOX


def base_of(
    settings: Settings,
    clock: Callable[[], float],
    database: Database,
    blobs: Blobs,
    seating: Seating,
    reception: Reception,
    sealer: Sealer,
    accounts: Accounts,
) -> Base:
    """Make it around what is open already: the database, the files, the engines' seats."""
    pseudonyms = Pseudonyms(settings.data_dir)
    redactor = RecipeRedactor()
    queue = Queue(
        database,
        policies.for_turns(settings),
        pseudonym_of=pseudonyms.of,
        retells=redactor.retells,
        clock=clock,
    )
    signals, places = JobSignals(), Places()
    own_files = OwnFiles(drawing_policies.store_of(settings), settings.data_dir / OWN_DIGESTS)
    inventory = Inventory(
        drawing_policies.store_of(settings),
        seating.device,
        slow=drawing_policies.allows_slow_models(settings),
        lanes=seating.lanes,
        owned=partial(owned_families, elsewhere_policies.owned_environment(settings)),
        beside=places.with_workers,
    )
    return Base(
        settings=settings,
        clock=clock,
        database=database,
        queue=queue,
        blobs=blobs,
        seating=seating,
        reception=reception,
        sealer=sealer,
        eraser=Eraser(pseudonyms=pseudonyms, redactor=redactor),
        signals=signals,
        messenger=Messenger(on_attach=signals.discord_is_back, language=settings.language),
        forecaster=Forecaster(
            queue.jobs, seats=places.beside(seating.seats), families=inventory.families, clock=clock
        ),
        shortages=Shortages(policies.for_shortages(settings), clock=clock),
        data_watch=DataWatch(database.path, clock=clock),
        accounts=accounts,
        inventory=inventory,
        places=places,
        own_files=own_files,
        abilities=Abilities(
            places,
            here=inventory.here,
            families=inventory.families,
            waiting=queue.worker_claims.abilities,
            own=own_files,
        ),
        others_first=OthersFirst(places, seats=seating.seats, faulted=queue.faulted),
    )
