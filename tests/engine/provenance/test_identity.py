"""The key that an installation signs with: made once, for its owner's eyes."""

from __future__ import annotations

import datetime as dt
import stat

import pytest

from engine.provenance.identity import (
    CHAIN,
    FOLDER,
    KEY,
    YEARS,
    load_identity,
    load_or_make_identity,
    make_identity,
)


def test_it_is_made_at_the_first_start_and_found_at_the_next(tmp_path):
    assert load_identity(tmp_path) is None
    made = load_or_make_identity(tmp_path)
    assert load_or_make_identity(tmp_path) == made == load_identity(tmp_path)


def test_only_its_owner_can_read_it(tmp_path):
    load_or_make_identity(tmp_path)
    folder = tmp_path / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        CHAIN: 0o600,
        KEY: 0o600,
    }


def test_a_start_that_was_cut_off_leaves_no_half_identity(tmp_path):
    half = tmp_path / f".{FOLDER}"
    half.mkdir()
    (half / CHAIN).write_bytes(b"half")
    assert load_identity(tmp_path) is None
    assert load_or_make_identity(tmp_path).key.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert not half.exists()


def test_two_installations_have_nothing_in_common_and_only_the_signers_key_is_kept():
    one, two = make_identity(), make_identity()
    assert one.key != two.key
    assert one.key.count(b"BEGIN") == 1  # the authority's key is forgotten
    assert one.chain.count(b"BEGIN CERTIFICATE") == 2


def test_it_is_good_for_many_years(tmp_path):
    left = make_identity().expires - dt.datetime.now(dt.UTC)
    assert left > dt.timedelta(days=365 * YEARS - 2)


def test_the_key_is_not_in_what_a_log_would_show():
    assert "PRIVATE" not in repr(make_identity())


def test_a_folder_without_its_key_is_an_error_and_no_new_identity(tmp_path):
    load_or_make_identity(tmp_path)
    (tmp_path / FOLDER / KEY).unlink()
    with pytest.raises(FileNotFoundError):
        load_or_make_identity(tmp_path)
