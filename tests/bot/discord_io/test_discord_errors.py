"""What follows from each code of Discord's: none of them ends a job that could still be delivered."""

from __future__ import annotations

import pytest

from bot.cli.tables.delivery_table import page
from bot.discord_io.discord_errors import CAUSES, FOLLOWS, Sort, Trouble, trouble_of
from tests import ROOT

PAGE = {
    *(0, *range(10001, 10017), 10020, 10021, *range(10026, 10034), 10036, 10038, 10049, 10050, 10057),
    *(*range(10059, 10064), *range(10065, 10072), 10087, 10097),
    *(20001, 20002, 20009, 20012, 20016, 20018, 20022, 20024, 20028, 20029, 20031, 20035),
    *(
        *range(30001, 30006),
        30007,
        30008,
        30010,
        30011,
        30013,
        30015,
        30016,
        30018,
        30019,
        *range(30030, 30036),
    ),
    *(30037, 30038, 30039, 30040, 30042, *range(30045, 30049), 30052, 30056, 30058, 30060, 30061),
    *(*range(40001, 40008), 40012, 40018, 40019, 40032, 40033, 40041, 40043, 40058, *range(40060, 40063)),
    *(40066, 40067, 40074, 40094, 40333, *range(50001, 50018), *range(50019, 50022), *range(50024, 50029)),
    *(
        *range(50033, 50037),
        50039,
        50041,
        50045,
        50046,
        50054,
        50055,
        50057,
        50067,
        50068,
        50070,
        50073,
        50074,
    ),
    *(
        50080,
        50081,
        *range(50083, 50087),
        50091,
        50095,
        50097,
        50101,
        50109,
        50110,
        50123,
        50124,
        50131,
        50132,
    ),
    *(50138, 50144, 50145, 50146, 50151, *range(50159, 50164), 50173, 50178, 50192, 50600, 60003, 80004),
    *(90001, 90002, 110001, 130000, 150006, 160002, *range(160004, 160008), *range(170001, 170008)),
    *(180000, 180002, 200000, 200001, *range(220001, 220005), 240000, 350000, 350001, 400001, 500000),
    *(*range(520000, 520005), 520006),
}
"""Every code of Discord's page on opcodes and status codes."""

FINAL = {
    *(10014, 20031, 30015, 40005, 50006, 50035, 50045, 50046, 50068, 50081, 50109, 50110, 50123, 50151),
    *(200000, 200001, 240000),
}
"""Those that are about what was sent, in whatever place."""


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_no_code_of_the_page_is_final_but_those_of_the_content(status):
    found = {code for code in PAGE if FOLLOWS[trouble_of(status, code)].sort is Sort.CONTENT}
    assert found == FINAL


def test_every_code_of_the_table_is_one_of_discords():
    assert set(CAUSES) - PAGE == {50278}, "which Discord sends and does not list"
    assert all(cause.code == code and cause.meaning for code, cause in CAUSES.items())


@pytest.mark.parametrize(
    ("status", "code", "trouble"),
    [
        (400, 50083, Trouble.NO_ACCESS),
        (400, 160005, Trouble.NO_ACCESS),
        (429, 20016, Trouble.NO_ACCESS),
        (403, 50009, Trouble.NO_ACCESS),
        (403, 50007, Trouble.GONE),
        (404, 10003, Trouble.GONE),
        (413, 0, Trouble.TOO_LARGE),
        (400, 40005, Trouble.TOO_LARGE),
        (429, 30046, Trouble.TOO_OLD),
        (400, 50035, Trouble.REFUSED),
        (400, 99999, Trouble.LATER),
        (404, 0, Trouble.LATER),
        (401, 0, Trouble.LATER),
        (418, 0, Trouble.LATER),
        (403, 0, Trouble.NO_ACCESS),
        (502, 0, Trouble.LATER),
    ],
)
def test_a_code_is_known_by_itself_and_a_status_by_default(status, code, trouble):
    assert trouble_of(status, code) is trouble


def test_every_trouble_says_what_follows_and_who_is_told():
    assert set(FOLLOWS) == set(Trouble)
    assert all(each.clip and each.status and each.told for each in FOLLOWS.values())


def test_the_page_of_the_documents_is_made_from_the_table():
    assert (ROOT / "docs/delivery.md").read_text("utf-8") == page(), "run: make pages"
