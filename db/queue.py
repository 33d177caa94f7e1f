"""The durable queue: one object, each of whose parts has its own module.

Every move is one transaction. The time is read from the one clock that the queue is made with.
"""

from __future__ import annotations

from collections.abc import Callable

from db.api.events import JobEvents
from db.api.hooks import ApiWebhooks
from db.api.keys import ApiKeys
from db.api.owner_key import OwnerKey
from db.api.requests import ApiRequests
from db.community.contests import Contests
from db.community.effects import Effects
from db.community.member_languages import MemberLanguages
from db.community.preferences import Preferences
from db.community.prompt_help import PromptHelp
from db.community.reels import Reels
from db.fleet.faulted_jobs import FaultedJobs
from db.fleet.remote_guilds import RemoteGuilds
from db.fleet.worker_claims import WorkerClaims
from db.fleet.workers import Workers
from db.gallery import Gallery
from db.jobs.allowances import Allowances
from db.jobs.choices import Choices
from db.jobs.claims import Claims
from db.jobs.delivery import Delivery
from db.jobs.enqueue import Admission
from db.jobs.fairness import FairShare
from db.jobs.interactions import Asked
from db.jobs.lineage import Retells
from db.jobs.owed_answers import Owed
from db.jobs.ownership import Ownership
from db.jobs.queries import JobQueries
from db.jobs.retention import Retention
from db.jobs.sheets import Sheets
from db.jobs.stars import Stars
from db.jobs.webhooks import Webhooks
from db.lanes.lane_sizes import LaneSizes
from db.moderation.actions import Moderation
from db.moderation.cases import Cases
from db.moderation.reviews import Reviews
from db.purchases import Purchases
from db.recent_jobs import Lately
from db.sqlite.connection import Database
from db.sqlite.meta import Meta


class Queue:
    """The queue's parts, on one database and one clock.

    A caller is handed the part that it needs, not the whole.

    Attributes:
        entry: the way in.
        asked: who is waiting for an answer.
        owed: what still has to be said.
        allowances: how much moderators allow a guild, a role, a member.
        claims: what an engine does, and cancelling.
        lane_sizes: how many engines there are.
        delivery: how a clip reaches its channel, and the message that follows a job.
        choices: takes to choose from.
        preferences: what members and servers would have.
        member_languages: in which language members want to be spoken to.
        prompt_help: requests that wait for their words.
        jobs: questions about jobs.
        moderation: pause, move, clear, ban.
        cases: what moderators are asked to decide.
        reviews: what a guild reviews, and its word lists.
        ownership: whose a file is.
        retention: what is still needed.
        sheets: pictures of discarded takes.
        stars: clips that members keep.
        webhooks: what another program is to be told.
        effects: a guild's own effects.
        reels: its showcase, and reels that are to be posted.
        contests: its contests.
        purchases: what services draw for money, and who agrees to it.
        gallery: what strangers may see.
        workers: who else draws, and how far each is trusted.
        remote_guilds: whose jobs they may draw.
        worker_claims: their side of a job.
        faulted: jobs in which a machine has failed.
        lately: how jobs went lately.
        owner_key: the owner's key for the dashboard.
        api_keys: keys of the HTTP API.
        api_requests: requests that may come twice.
        events: what has happened to jobs.
        api_webhooks: whom to tell of them.
        meta: small facts that outlive the program.
    """

    entry: Admission
    asked: Asked
    owed: Owed
    allowances: Allowances
    claims: Claims
    lane_sizes: LaneSizes
    delivery: Delivery
    choices: Choices
    preferences: Preferences
    member_languages: MemberLanguages
    prompt_help: PromptHelp
    jobs: JobQueries
    moderation: Moderation
    cases: Cases
    reviews: Reviews
    ownership: Ownership
    retention: Retention
    sheets: Sheets
    stars: Stars
    webhooks: Webhooks
    effects: Effects
    reels: Reels
    contests: Contests
    purchases: Purchases
    gallery: Gallery
    workers: Workers
    remote_guilds: RemoteGuilds
    worker_claims: WorkerClaims
    faulted: FaultedJobs
    lately: Lately
    owner_key: OwnerKey
    api_keys: ApiKeys
    api_requests: ApiRequests
    events: JobEvents
    api_webhooks: ApiWebhooks
    meta: Meta

    def __init__(
        self,
        db: Database,
        share: FairShare,
        *,
        pseudonym_of: Callable[[int], int],
        retells: Retells,
        clock: Callable[[], float],
    ) -> None:
        """Make the parts.

        Args:
            share: how turns are shared out.
            pseudonym_of: what stands for a member after an erase; limits and bans hold for both.
            retells: whether a recipe was read from a clip of the other; a takedown follows both.
            clock: returns Unix seconds.
        """
        self.entry = Admission(db, share=share, pseudonym_of=pseudonym_of, clock=clock)
        self.asked = Asked(db, clock=clock)
        self.owed = Owed(db, clock=clock)
        self.allowances = Allowances(db, clock=clock)
        self.claims = Claims(db, share=share, clock=clock)
        self.lane_sizes = LaneSizes(db, clock=clock)
        self.delivery = Delivery(db, clock=clock)
        self.choices = Choices(db, clock=clock)
        self.preferences = Preferences(db, pseudonym_of=pseudonym_of, clock=clock)
        self.member_languages = MemberLanguages(db, pseudonym_of=pseudonym_of, clock=clock)
        self.prompt_help = PromptHelp(db, pseudonym_of=pseudonym_of, clock=clock)
        self.jobs = JobQueries(db, share=share, clock=clock)
        self.moderation = Moderation(db, pseudonym_of=pseudonym_of, clock=clock)
        self.cases = Cases(db, pseudonym_of=pseudonym_of, retells=retells, clock=clock)
        self.reviews = Reviews(db, clock=clock)
        self.ownership = Ownership(db, clock=clock)
        self.retention = Retention(db, clock=clock)
        self.sheets = Sheets(db, clock=clock)
        self.stars = Stars(db, pseudonym_of=pseudonym_of, clock=clock)
        self.webhooks = Webhooks(db, clock=clock)
        self.effects = Effects(db, clock=clock)
        self.reels = Reels(db, clock=clock)
        self.contests = Contests(db, clock=clock)
        self.purchases = Purchases(db, clock=clock)
        self.gallery = Gallery(db, pseudonym_of=pseudonym_of, clock=clock)
        self.workers = Workers(db, clock=clock)
        self.remote_guilds = RemoteGuilds(db, clock=clock)
        self.worker_claims = WorkerClaims(db, share=share, clock=clock)
        self.faulted = FaultedJobs(db, clock=clock)
        self.lately = Lately(db, clock=clock)
        self.owner_key = OwnerKey(db, clock=clock)
        self.api_keys = ApiKeys(db, clock=clock)
        self.api_requests = ApiRequests(db, clock=clock)
        self.events = JobEvents(db, clock=clock)
        self.api_webhooks = ApiWebhooks(db, clock=clock)
        self.meta = Meta(db, clock=clock)
