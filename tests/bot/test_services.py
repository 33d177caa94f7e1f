"""A part of the bot is found by its class, at each click."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bot import services as module
from bot.config.settings import Settings
from db.errors import DatabaseError
from db.jobs.queries import JobQueries


def test_every_part_of_the_bot_and_of_the_queue_is_found_by_its_class(services):
    assert services.part(JobQueries) is services.queue.jobs
    for field in fields(services):
        part = getattr(services, field.name)
        assert type(services.part(type(part))) is type(part)
    with pytest.raises(LookupError, match="DatabaseError"):
        services.part(DatabaseError)


def test_the_parts_are_looked_over_once_and_not_at_each_click(services, monkeypatch):
    services.part(Settings)
    monkeypatch.delattr(module, "fields")
    assert services.part(JobQueries) is services.queue.jobs
