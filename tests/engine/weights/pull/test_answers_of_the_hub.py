"""Hubs that refuse, are busy, or cannot be reached."""

from __future__ import annotations

import socket

import pytest

from engine.families import CATALOGUE
from engine.weights.lock import LOCK
from tests.engine.weights.pull.bench import REPO, SVD, UNET


@pytest.mark.parametrize("status", [401, 403])
def test_who_must_accept_something_first_is_told_where_and_how(hub, svd, owner, status):
    hub.trouble("api", status=status)
    assert owner.fails(SVD) == "E_GATED"
    assert f"https://huggingface.co/{REPO.repo}" in owner.said
    assert "HF_TOKEN" in owner.said
    assert owner.waited == []


def test_a_token_opens_a_gated_repository_and_is_told_to_nobody_else(hub, svd, owner):
    svd.token = "hf_canary"
    assert owner.fails(SVD) == "E_GATED"
    owner.environment["HF_TOKEN"] = "hf_canary\n"
    owner.pull(SVD)
    for asked in hub.asked[1:]:
        assert asked.authorization == ("" if asked.path.startswith("/blob") else "Bearer hf_canary")
    assert "canary" not in (owner.store.folder / LOCK).read_text()


def test_a_repository_that_was_renamed_is_followed_with_the_token(hub, svd, owner):
    svd.token = "hf_canary"
    owner.environment["HF_TOKEN"] = "hf_canary"
    new = f"{hub.url}/api/models/new/name/revision/{REPO.revision}"
    hub.repos["new/name"] = svd
    hub.trouble("api/models/stabilityai", status=307, headers={"Location": new})
    owner.pull(SVD)
    assert owner.store.has(CATALOGUE["svd"])


def test_a_repository_that_is_gone_is_said_to_be_gone(hub, owner):
    hub.trouble("api", status=404)
    assert owner.fails(SVD) == "E_MISSING"
    assert f"https://huggingface.co/{REPO.repo}" in owner.said


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again_as_often_as_it_may_be(hub, svd, owner, status):
    hub.trouble("api", status=status, times=2)
    owner.pull(SVD)
    assert owner.waited == [1.0, 2.0]
    owner.store.remove("svd")
    hub.trouble("api", status=status)
    assert owner.fails(SVD) == "E_NETWORK"


def test_a_server_that_names_a_pause_gets_it_within_reason(hub, svd, owner):
    hub.trouble("api", status=429, headers={"Retry-After": "7"}, times=1)
    hub.trouble("api", status=429, headers={"Retry-After": "9999"}, times=1)
    owner.pull(SVD)
    assert owner.waited == [7.0, 60.0]


def test_a_pause_that_is_no_number_is_none(hub, svd, owner):
    hub.trouble("api", status=429, headers={"Retry-After": "²"}, times=1)
    owner.pull(SVD)
    assert owner.waited == [1.0]


def test_a_hub_that_cannot_be_reached_is_said_to_be_so(owner):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        owner.environment["HF_ENDPOINT"] = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert owner.fails(SVD) == "E_NETWORK"
    assert "cannot be reached" in owner.said


def test_an_answer_in_unknown_words_is_refused(hub, owner):
    hub.trouble("api", status=200)
    assert owner.fails(SVD) == "E_NETWORK"
    assert "does not understand" in owner.said


def test_a_file_that_the_repository_lacks_is_named(hub, svd, owner):
    del svd.files[UNET]
    svd.commit(REPO.revision)
    assert owner.fails(SVD) == "E_MISSING"
    assert UNET in owner.said
