"""The durable queue: one object, whose parts each stand in a module of their own.

=================  ===========================================================
`db.jobs.enqueue`       the way in: once per key, within the limits
`db.jobs.allowances`    how much moderators allow a guild, a role, a member
`db.moderation.cases`         what moderators are asked to decide
`db.jobs.claims`        what an engine does: claim, progress, hand in, give back
`db.jobs.delivery`      how a clip reaches its channel once; status messages
`db.jobs.queries`       questions
`db.moderation.actions`    pause, move, clear, ban
`db.jobs.ownership`     whose a file is
`db.jobs.retention`     what is still needed
`db.moderation.reviews`       what a guild looks at first; its word lists
`db.jobs.take_previews`        pictures of discarded takes
`db.jobs.stars`         clips that members keep
=================  ===========================================================

Every move is one transaction. Where a method takes ``now``, Unix seconds, the clock is read if it is left
out.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from db.jobs.allowances import Allowances
from db.jobs.claims import Claims, Recovery, Requeue
from db.jobs.delivery import Delivery
from db.jobs.ending import CancelOutcome
from db.jobs.enqueue import Draining, Enqueued, Enqueueing, EnqueueLimits, Limit, LimitReached, MemberBanned
from db.jobs.fairness import FairShare
from db.jobs.ownership import Ownership
from db.jobs.queries import Ahead, Listing
from db.jobs.retention import Retention
from db.jobs.stars import Starred, Stars
from db.jobs.take_previews import Sheets
from db.moderation.actions import Moderation
from db.moderation.cases import Cases
from db.moderation.reviews import Reviews
from db.sqlite.connection import Database
from db.sqlite.meta import Meta

__all__ = [
    "Ahead",
    "CancelOutcome",
    "Draining",
    "EnqueueLimits",
    "Enqueued",
    "Limit",
    "LimitReached",
    "MemberBanned",
    "Queue",
    "Recovery",
    "Requeue",
    "Starred",
]


class Queue:
    """The queue's parts, on one database and one clock.

    A caller is handed the part that it needs, not the whole.

    Attributes:
        entry: the way in.
        allowances: how much moderators allow a guild, a role, a member.
        claims: what an engine does, and cancelling.
        delivery: how a clip reaches its channel, and the message that follows a job.
        jobs: questions about jobs.
        moderation: pause, move, clear, ban.
        cases: what moderators are asked to decide.
        reviews: what a guild looks at first, and its word lists.
        ownership: whose a file is.
        retention: what is still needed.
        take_previews: pictures of discarded takes.
        stars: clips that members keep.
        meta: small facts that outlive the program.
    """

    entry: Enqueueing
    allowances: Allowances
    claims: Claims
    delivery: Delivery
    jobs: Listing
    moderation: Moderation
    cases: Cases
    reviews: Reviews
    ownership: Ownership
    retention: Retention
    take_previews: Sheets
    stars: Stars
    meta: Meta

    def __init__(
        self,
        db: Database,
        *,
        limits: EnqueueLimits | None = None,
        share: FairShare | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make the parts.

        Args:
            limits: of those who do not bring their own.
            share: how turns are shared out.
            clock: returns Unix seconds.
        """
        share = share or FairShare()
        self.entry = Enqueueing(db, limits=limits or EnqueueLimits(), share=share, clock=clock)
        self.allowances = Allowances(db, clock=clock)
        self.claims = Claims(db, share=share, clock=clock)
        self.delivery = Delivery(db, clock=clock)
        self.jobs = Listing(db, share=share, clock=clock)
        self.moderation = Moderation(db, clock=clock)
        self.cases = Cases(db, clock=clock)
        self.reviews = Reviews(db, clock=clock)
        self.ownership = Ownership(db, clock=clock)
        self.retention = Retention(db, clock=clock)
        self.take_previews = Sheets(db, clock=clock)
        self.stars = Stars(db, clock=clock)
        self.meta = Meta(db, clock=clock)
