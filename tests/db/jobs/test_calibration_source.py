import sqlite3

import pytest

from db.errors import DatabaseDamaged
from db.jobs.calibration_source import KeptJob, kept_jobs
from tests.db.asking import enqueued


def set_row(path, job, **values):
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE job SET state = :state, receipt = :receipt, deleted_at = :deleted_at WHERE id = :id",
            {**values, "id": job.id},
        )


async def test_kept_are_delivered_clips_that_nobody_took_down_while_the_bot_works(queue, db):
    jobs = [await enqueued(queue, user=turn) for turn in range(5)]
    states = ["delivered", "delivered", "queued", "cancelled", "delivered"]
    for turn, (job, state) in enumerate(zip(jobs, states, strict=True)):
        receipt = None if turn == 4 else f'{{"turn": {turn}}}'
        deleted = 5.0 if turn == 1 else None
        set_row(db.path, job, state=state, receipt=receipt, deleted_at=deleted)
    assert kept_jobs(db.path) == [KeptJob(recipe="{}", receipt='{"turn": 0}')]
    await queue.stars.star(jobs[0].id, 9, interaction=1, most=5)
    assert [job.starred for job in kept_jobs(db.path)] == [True]
    await queue.stars.star(jobs[0].id, 9, interaction=2, most=5)
    assert [job.starred for job in kept_jobs(db.path)] == [False]


def test_where_there_is_no_database_nothing_was_kept(tmp_path):
    assert kept_jobs(tmp_path / "framekiln.db") == []
    assert not (tmp_path / "framekiln.db").exists()


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "framekiln.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseDamaged, match=r"framekiln\.db"):
        kept_jobs(tmp_path / "framekiln.db")
