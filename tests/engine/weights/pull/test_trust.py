"""Only the pinned commit and known files are taken."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from engine.families import CATALOGUE
from engine.weights import pull
from engine.weights.lock import LOCK, Lock
from engine.weights.model_spec import HubSource
from engine.weights.pull_plan import Pin
from tests.engine.weights.pull.bench import LORA, REPO, SVD, served
from tests.fake_hub import Repo, weights

FREE = CATALOGUE["motion-lora-zoom-in"]
"""An entry that this release does not pin."""


def test_another_commit_than_the_pinned_one_is_refused(hub, svd, owner, monkeypatch):
    listing = svd.listing
    monkeypatch.setattr(svd, "listing", lambda revision: listing(revision) | {"sha": "f" * 40})
    assert owner.fails(SVD) == "E_CHANGED"


def test_a_file_that_is_not_the_one_this_release_knows_is_refused_before_it_is_fetched(hub, owner):
    served(hub, CATALOGUE["lightning"])
    assert owner.fails(CATALOGUE["lightning"]) == "E_CHANGED"
    assert not [path for path in hub.paths() if "resolve" in path]


@pytest.mark.parametrize(
    "file", ["model.bin", "model.pkl", "model.ckpt", "model.py", "model.pth", "model.pt"]
)
def test_what_can_carry_code_is_refused(hub, owner, file):
    source = HubSource(repo="o/n", files=(file,))
    hub.repos["o/n"] = Repo({file: b"code"})
    assert owner.fails(replace(SVD, source=source)) == "E_UNSAFE"
    assert not [path for path in hub.paths() if "resolve" in path]


@pytest.mark.parametrize(
    ("file", "taken"), [("a.pth", True), ("a.pt", True), ("a.bin", False), ("a.py", False)]
)
def test_a_pickle_is_taken_only_in_two_forms_and_with_a_known_digest(hub, owner, file, taken):
    digest = hashlib.sha256(b"code").hexdigest()
    spec = replace(SVD, source=HubSource(repo="o/n", files=(file,), sha256={file: digest}))
    hub.repos["o/n"] = Repo({file: b"code"})
    if taken:
        owner.pull(spec)
        assert owner.store.has(CATALOGUE["svd"])
    else:
        assert owner.fails(spec) == "E_UNSAFE"


def test_the_first_pull_pins_what_no_release_did(hub, owner):
    repo = served(hub, FREE)
    plan = owner.pull(FREE)
    assert (plan.revision, plan.pin) == (repo.head, Pin.FIRST)
    kept = json.loads((owner.store.folder / LOCK).read_text())["models"][FREE.name]
    assert kept["revision"] == repo.head
    assert kept["files"][LORA]["digest"] == "sha256:" + hashlib.sha256(repo.files[LORA]).hexdigest()
    owner.store.remove(FREE.name)
    first = repo.head
    repo.files[LORA] = weights("another")
    repo.commit()
    plan = owner.pull(FREE)
    assert (plan.revision, plan.pin) == (first, Pin.LOCK)


def test_a_pull_that_was_cut_stays_with_the_commit_it_began_with(hub, owner):
    repo = served(hub, FREE)
    hub.trouble("blob", cut=100, times=1)
    hub.trouble("blob", status=503)
    assert owner.fails(FREE) == "E_NETWORK"
    first = repo.head
    repo.files[LORA] = weights("another")
    repo.commit()
    hub.calm()
    assert owner.pull(FREE).revision == first


@pytest.mark.parametrize("size", [40_000, 50_000])
def test_what_changed_behind_a_pinned_commit_is_refused_until_it_is_forgotten(hub, owner, size):
    repo = served(hub, FREE)
    owner.pull(FREE)
    owner.store.remove(FREE.name)
    repo.commits[repo.head][LORA] = weights("another", size=size)
    assert owner.fails(FREE) == "E_CHANGED"
    assert "framekiln models remove --forget motion-lora-zoom-in" in owner.said
    Lock(owner.store.folder).forget(FREE.name)
    assert owner.pull(FREE).pin is Pin.FIRST


def test_a_small_file_that_changed_behind_a_pinned_commit_is_refused(hub, svd, owner):
    owner.pull(SVD)
    owner.store.remove("svd")
    svd.commits[REPO.revision]["unet/config.json"] = b'{"other": true}'
    assert owner.fails(SVD) == "E_CHANGED"


def test_a_change_of_version_that_died_half_way_is_not_taken_for_whole(hub, owner, monkeypatch):
    repo = served(hub, FREE)
    owner.pull(FREE)
    repo.files[LORA] = weights("another")
    pinned = replace(FREE, source=replace(FREE.source, revision=repo.commit()))

    def die(_folder, _record):
        raise KeyboardInterrupt

    monkeypatch.setattr(pull, "write_manifest", die)
    with pytest.raises(KeyboardInterrupt):
        owner.pull(pinned)
    assert not owner.store.has(FREE)
    monkeypatch.undo()
    owner.pull(pinned)
    assert (owner.store.path(FREE.name) / LORA).read_bytes() == weights("another")


def test_a_release_s_pin_wins_over_the_lock(hub, owner):
    repo = served(hub, FREE)
    owner.pull(FREE)
    repo.files[LORA] = weights("another")
    pinned = replace(FREE, source=replace(FREE.source, revision=repo.commit()))
    plan = owner.pull(pinned)
    assert (plan.revision, plan.pin) == (repo.head, Pin.CATALOGUE)
    assert (owner.store.path(FREE.name) / LORA).read_bytes() == weights("another")
    assert owner.pull(pinned) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"models": {"svd": {"files": {"a": 1}}}}'])
def test_a_lock_that_cannot_be_read_stops_the_pull(hub, svd, owner, content):
    owner.store.folder.mkdir()
    (owner.store.folder / LOCK).write_text(content)
    assert owner.fails(SVD) == "E_LOCK"
