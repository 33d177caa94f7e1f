"""Downloads that are cut, short, or wrong by a byte."""

from __future__ import annotations

import pytest

from engine.families import CATALOGUE
from engine.weights.fetch import Web
from tests.engine.weights.pull.bench import SVD, UNET, served
from tests.fake_hub import Repo, weights


@pytest.mark.parametrize("cut", [1, 20_000, 40_000])
def test_a_cut_download_goes_on_where_it_ended(hub, svd, owner, cut):
    hub.trouble(f"blob/.*{UNET}", cut=cut, times=1)
    owner.pull(SVD)
    asked = [asked.range for asked in hub.asked if asked.path.endswith(UNET) and "blob" in asked.path]
    assert asked == ["", f"bytes={cut}-"]
    assert owner.store.has(CATALOGUE["svd"])


def test_a_cut_download_goes_on_in_the_next_run(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=10_000, times=1)
    hub.trouble(f"blob/.*{UNET}", status=503)
    assert owner.fails(SVD) == "E_NETWORK"
    hub.calm()
    hub.asked.clear()
    owner.pull(SVD)
    assert next(asked.range for asked in hub.asked if "blob" in asked.path) == "bytes=10000-"
    again = [path for path in hub.paths() if path.endswith("image_encoder/config.json")]
    assert again == [], "what was whole was fetched twice"
    assert owner.store.has(CATALOGUE["svd"])


def test_a_server_that_knows_no_ranges_starts_over(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=10_000, times=1)
    hub.trouble(f"blob/.*{UNET}", ignore_range=True)
    owner.pull(SVD)
    assert (owner.store.path("svd") / UNET).read_bytes() == svd.files[UNET]


def test_a_part_that_starts_elsewhere_is_never_appended(hub, tmp_path):
    """Without a digest nothing else would find it."""
    data = weights("mine")
    hub.repos["o/mine"] = repo = Repo({"a.bin": data})
    url = f"{hub.url}/blob/o/mine/{repo.head}/a.bin"
    part = tmp_path / "a.part"
    part.write_bytes(data[:10_000])
    hub.trouble("a.bin", shift=-500, times=1)
    Web(wait=lambda _: None).download(url, part, None, lambda _: None)
    assert part.read_bytes() == data
    assert [asked.range for asked in hub.asked] == ["bytes=10000-", ""]


def test_a_connection_that_always_breaks_is_given_up(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=0)
    assert owner.fails(SVD) == "E_NETWORK"
    assert owner.waited == [1.0, 2.0]


@pytest.mark.parametrize("short", [1, 30_000])
def test_a_file_that_is_shorter_than_announced_is_refused(hub, svd, owner, short):
    hub.trouble(f"blob/.*{UNET}", short=short)
    assert owner.fails(SVD) == "E_DAMAGED"
    assert not list(owner.store.staging("svd").rglob("*.part"))


def test_a_file_that_became_shorter_while_it_was_fetched_is_refused(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=30_000, times=1)
    hub.trouble(f"blob/.*{UNET}", short=20_000)
    assert owner.fails(SVD) == "E_DAMAGED"


@pytest.mark.parametrize("path", [UNET, "unet/config.json", "tokenizer/spiece.model"])
def test_one_wrong_byte_is_found_and_the_next_pull_mends_it(hub, owner, path):
    spec = CATALOGUE["wan-umt5"] if "spiece" in path else SVD
    served(hub, spec)
    hub.trouble(f"(blob|resolve)/.*{path}$", flip=5, times=2)
    if path.endswith("config.json"):
        hub.calm()
        hub.trouble(f"resolve/.*{path}$", flip=5, times=1)
    assert owner.fails(spec) == "E_DAMAGED"
    assert "Pull it again" in owner.said
    hub.calm()
    owner.pull(spec)
    assert owner.store.has(spec)
