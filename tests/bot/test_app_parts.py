"""A part of the bot is found by its class, at each click."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bot import app as module
from bot.config.settings import Settings
from db.errors import DatabaseError
from db.jobs.queries import JobQueries


def test_every_part_of_the_bot_and_of_the_queue_is_found_by_its_class(app):
    assert app.part(JobQueries) is app.queue.jobs
    for field in fields(app):
        part = getattr(app, field.name)
        assert type(app.part(type(part))) is type(part)
    with pytest.raises(LookupError, match="DatabaseError"):
        app.part(DatabaseError)


def test_the_parts_are_looked_over_once_and_not_at_each_click(app, monkeypatch):
    app.part(Settings)
    monkeypatch.delattr(module, "fields")
    assert app.part(JobQueries) is app.queue.jobs
