"""What verify finds."""

from __future__ import annotations

import hashlib

from engine.families import CATALOGUE
from engine.weights.verify import verify
from tests.engine.weights.pull.bench import LORA, SVD, UNET
from tests.fake_hub import weights


def check(spec, store):
    return verify(spec, store, tell=lambda _file: None)


def test_verify_finds_every_change(hub, svd, owner):
    owner.pull(SVD)
    unet = owner.store.path("svd") / UNET
    assert check(SVD, owner.store).problems == ()
    data = unet.read_bytes()
    unet.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert check(SVD, owner.store).problems == (f"{UNET}: has changed since it was pulled",)
    unet.write_bytes(data[:-1])
    assert check(SVD, owner.store).problems == (f"{UNET}: has {len(data) - 1} bytes instead of {len(data)}",)
    unet.unlink()
    assert check(SVD, owner.store).problems == (f"{UNET}: is missing",)


def test_verify_holds_to_the_lock_when_the_manifest_was_changed_with_the_file(hub, svd, owner):
    owner.pull(SVD)
    unet = owner.store.path("svd") / UNET
    digest = hashlib.sha256(unet.read_bytes()).hexdigest()
    unet.write_bytes(weights("forged"))
    forged = hashlib.sha256(weights("forged")).hexdigest()
    manifest = owner.store.path("svd") / ".framekiln.json"
    manifest.write_text(manifest.read_text().replace(digest, forged))
    assert check(SVD, owner.store).problems == (f"{UNET}: has changed since it was pulled",)


def test_verify_of_a_folder_laid_by_hand_says_what_it_cannot_know(store):
    spec = CATALOGUE["motion-lora-pan-left"]
    store.path(spec.name).mkdir(parents=True)
    file = store.path(spec.name) / LORA
    file.write_bytes(weights("x"))
    verdict = check(spec, store)
    assert (verdict.problems, verdict.unknown) == ((), (LORA,))
    for damaged in (weights("x")[:-1], weights("x") + b"x", b"{}", b"\xff" * 20, b""):
        file.write_bytes(damaged)
        assert check(spec, store).problems == (f"{LORA}: is cut off or damaged",)


def test_verify_of_a_folder_laid_by_hand_uses_the_digests_that_are_known(store):
    spec = CATALOGUE["motion-lora-tilt-up"]
    store.path(spec.name).mkdir(parents=True)
    (store.path(spec.name) / LORA).write_bytes(weights("x"))
    assert check(spec, store).problems == (f"{LORA}: has changed since it was pulled",)
