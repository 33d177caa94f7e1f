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

from db.jobs.claims import Claims, Recovery, Requeue
from db.jobs.delivery import Delivery
from db.jobs.ending import CancelOutcome
from db.jobs.enqueue import Draining, Enqueued, Enqueueing, EnqueueLimits, Limit, LimitReached, MemberBanned
from db.jobs.ownership import Ownership
from db.jobs.queries import Ahead, Listing
from db.jobs.retention import Retention
from db.jobs.stars import Starred, Stars
from db.jobs.take_previews import Sheets
from db.moderation.actions import Moderation
from db.moderation.cases import Cases
from db.moderation.reviews import Reviews

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


class Queue(
    Enqueueing, Claims, Delivery, Listing, Moderation, Cases, Reviews, Ownership, Retention, Sheets, Stars
):
    """All that can be done with jobs."""
