"""How workers are dealt with."""

from __future__ import annotations

from dataclasses import dataclass

from bot.fleet.bucket import Pace


@dataclass(frozen=True, kw_only=True)
class FleetPolicy:
    """How workers are dealt with.

    Attributes:
        lease: seconds without a beat that names a claim, until it is given to another.
        beat: seconds between two beats.
        grace: seconds that a start, or a new connection, adds to the first lease.
        overslept: seconds between two looks, from which the bot itself was asleep.
        apart: seconds without a connection, until claims are given to others all the same.
        pace: how many messages it may send.
        ask_seconds: that a worker's ask is held while nothing waits.
        transfers: files that are fetched from workers at the same time.
        losses: programs of workers that began anew in a job before it is set aside.
        faults: of all machines together in a job, at which it ends.
        bad_clips: jobs in a row of which no clip could be taken, after which a worker is put out.
        strange_claims: claims that a worker names and was never given, after which it is put out.
        garbage: messages that are none, after which it is put out.
        remembered: seconds after which a worker that is away is not counted on any more.
        max_seconds: that a render may take.
    """

    lease: float
    beat: float
    grace: float
    overslept: float
    apart: float
    pace: Pace
    ask_seconds: float
    transfers: int
    losses: int
    faults: int
    bad_clips: int
    strange_claims: int
    garbage: int
    remembered: float
    max_seconds: float

    @property
    def claim_seconds(self) -> float:
        """Seconds that a claim may be held, whatever is said of it.

        An honest worker draws the job before it, draws it, and hands it in; its program stops each render in
        time, and a line that needs as long for the files as a whole render may take is of no use.
        """
        return 3 * self.max_seconds
