"""The durable queue: one object, whose parts each stand in a module of their own.

=================  ===========================================================
`db.enqueue`       the way in: once per key, within the limits
`db.allowances`    how much moderators allow a guild, a role, a member
`db.cards`         what moderators are asked to decide
`db.claims`        what an engine does: claim, progress, hand in, give back
`db.delivery`      how a clip reaches its channel once; status messages
`db.listing`       questions
`db.moderation`    pause, move, clear, ban
`db.ownership`     whose a file is
`db.retention`     what is still needed
`db.reviews`       what a guild looks at first; its word lists
`db.sheets`        pictures of discarded takes
`db.stars`         clips that members keep
=================  ===========================================================

Every move is one transaction. Where a method takes ``now``, Unix seconds, the clock is read if it is left
out.
"""

from __future__ import annotations

from db.cards import Cards
from db.claims import Claims, Recovery, Requeue
from db.delivery import Delivery
from db.ending import CancelOutcome
from db.enqueue import Draining, Enqueued, Enqueueing, EnqueueLimits, Limit, LimitReached, MemberBanned
from db.listing import Ahead, Listing
from db.moderation import Moderation
from db.ownership import Ownership
from db.retention import Retention
from db.reviews import Reviews
from db.sheets import Sheets
from db.stars import Starred, Stars

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
    Enqueueing, Claims, Delivery, Listing, Moderation, Cards, Reviews, Ownership, Retention, Sheets, Stars
):
    """All that can be done with jobs."""
