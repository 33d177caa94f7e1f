"""What is pulled, what is asked, what is told."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import replace

import pytest

from engine.families import CATALOGUE
from engine.weights.lock import LOCK, Lock
from engine.weights.model_spec import HubSource
from engine.weights.pull_plan import Pin
from engine.weights.verify import verify
from tests.engine.weights.pull.bench import REPO, SVD, UNET, installed, served
from tests.fake_hub import hub_source


@pytest.mark.parametrize(
    "name", [name for name, spec in CATALOGUE.items() if isinstance(spec.source, HubSource)]
)
def test_every_entry_of_the_hub_is_pulled_in_its_own_layout_and_nothing_beside_it(hub, owner, name):
    spec = replace(CATALOGUE[name], source=replace(hub_source(CATALOGUE[name]), sha256={}))
    repo = served(hub, spec)
    if name in {"annotators", "openpose"}:  # no other format exists: the digest has to be known
        digests = {path: hashlib.sha256(repo.files[path]).hexdigest() for path in hub_source(spec).files}
        spec = replace(spec, source=replace(hub_source(spec), sha256=digests))
    owner.pull(spec)
    assert owner.store.has(CATALOGUE[name])
    assert not owner.store.staging(name).exists()
    litter = {"README.md", ".gitattributes", "unet/diffusion_pytorch_model.bin"}
    assert installed(owner.store, name) == set(repo.files) - litter
    for path in installed(owner.store, name):
        assert (owner.store.path(name) / path).read_bytes() == repo.files[path]
    assert verify(spec, owner.store, tell=lambda _file: None).problems == ()


def test_what_is_here_is_not_asked_for_again(hub, svd, owner, monkeypatch):
    assert owner.pull(SVD) is not None
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was touched"))
    assert owner.pull(SVD) is None


def test_the_plan_shows_commit_files_digests_and_licence_once(hub, svd, owner):
    owner.pull(SVD)
    (plan,) = owner.shown
    assert (plan.revision, plan.pin) == (REPO.revision, Pin.CATALOGUE)
    digest = hashlib.sha256(svd.files[UNET]).hexdigest()
    assert f"sha256:{digest}" in {file.digest for file in plan.files}
    assert plan.size == sum(len(svd.files[file.path]) for file in plan.files)
    owner.store.remove("svd")
    owner.pull(SVD)
    assert len(owner.shown) == 1
    assert Lock(owner.store.folder).records()["svd"].licence == SVD.licence.name


def test_a_licence_that_changed_is_asked_for_again(hub, svd, owner):
    owner.pull(SVD)
    owner.store.remove("svd")
    owner.pull(replace(SVD, licence=replace(SVD.licence, name="another")))
    assert len(owner.shown) == 2


def test_nothing_is_fetched_when_the_licence_is_not_accepted(hub, svd, owner):
    owner.agrees = False
    assert owner.fails(SVD) == "E_LICENCE"
    assert not [path for path in hub.paths() if "resolve" in path]
    assert not (owner.store.folder / LOCK).exists()


def test_every_file_is_told_from_nothing_to_all_of_it(hub, svd, owner):
    owner.pull(SVD)
    for file in owner.shown[0].files:
        told = [step.done for step in owner.steps if step.file == file]
        assert told == sorted(told)
        assert told[-1] == file.size
