"""Workers in the database, as the command line stores and trusts them."""

from __future__ import annotations

from db.fleet.workers import Trust, Workers, add_worker, trust_worker


async def invite_worker(workers: Workers, worker: str, *, key: str, name: str, trust: Trust) -> bool:
    """Store a worker. False: its id, its key or its name is another's."""
    at = workers._clock()
    return await workers._db.write(
        lambda connection: add_worker(connection, worker, key=key, name=name, trust=trust, at=at)
    )


async def set_worker_trust(workers: Workers, worker: str, trust: Trust) -> bool:
    """Trust a worker more, or less. False: there is none that may come."""
    return await workers._db.write(lambda connection: trust_worker(connection, worker, trust))
