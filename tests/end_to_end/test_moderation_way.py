"""The real program: a newcomer's clip is looked at, shown, reported, and taken down."""

from __future__ import annotations

import pytest

from tests.end_to_end.whole_bot import QUICK, cat, clips, one_clip, says
from tests.fake_discord.people import Permission

REASON = "fkm:reason"


def blobs_of(data) -> set[str]:
    return {path.stem for path in data.glob("blobs/??/*.blob")}


@pytest.mark.slow
async def test_a_clip_is_approved_reported_and_taken_down_with_its_files(
    discord, channel, ada, bot, tmp_path
):
    review = discord.channel(name="review")
    mod = discord.member("mod", permissions=Permission.MANAGE_GUILD)
    eve = discord.member("eve")
    before = blobs_of(tmp_path / "data")
    await (await discord.slash(mod, channel, "queue review", channel=review, new_members=7)).shown()
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await discord.wait_for(lambda: says(discord, channel, "waiting for a moderator to review it"))
    [card] = await discord.wait_for(lambda: list(review.messages.values()))
    assert card.attachments[0].filename.startswith("SPOILER_")
    assert not clips(discord, channel)

    await discord.click(mod, card, "Approve")
    clip = await one_clip(discord, channel)
    await discord.wait_for(lambda: "✅ Approved" in card.content)
    assert not card.attachments
    assert blobs_of(tmp_path / "data") > before

    await discord.wait_for(lambda: says(discord, channel, f"/{clip.id}"))
    form = await discord.click(eve, clip, "Report")
    await form.answered()
    await (await discord.submit_modal(eve, form, {REASON: "it shows me"})).shown()
    case = (await discord.wait_for(lambda: [one for one in review.messages.values() if one is not card], 20))[
        0
    ]
    assert "it shows me" in case.content
    await discord.click(mod, case, "Take down")
    await discord.wait_for(lambda: clip.deleted)
    await discord.wait_for(lambda: blobs_of(tmp_path / "data") == before)
    refused = await discord.slash(ada, channel, "text2video", prompt="rain")
    assert "can't use me in this server" in (await refused.shown()).content
