"""A take at a ComfyUI server: each fault ends in exactly one clip, or in one plain error."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiohttp import web

from engine.core.errors import Away, Code, EngineError, HopelessTake, RenderFailed
from engine.elsewhere.comfyui import take
from engine.elsewhere.comfyui.draw import prompt_of
from engine.elsewhere.comfyui.server import Server
from tests.engine.elsewhere.comfy_bench import QUICK, Told, client, closing, is_mp4, order
from tests.fake_comfyui import FakeComfyUI, Fault
from tests.fake_comfyui.server import SECRET_PATH
from tests.until import until

HASTY = replace(QUICK, patience_seconds=0.1, tries=1)


@pytest.fixture(params=[True, False], ids=["new", "old"])
async def server(request):
    async with FakeComfyUI(seconds=0.08, jobs_api=request.param) as fake:
        yield fake


@pytest.fixture
async def new():
    async with FakeComfyUI(seconds=0.08) as fake:
        yield fake


async def test_a_take_is_drawn_once_under_its_own_id(server, tmp_path):
    told = Told()
    wanted = order(tmp_path)
    async with closing(client(server)) as comfy:
        file = await comfy.draw(wanted, told.hooks)
    assert is_mp4(file.clip)
    assert server.submits == [prompt_of(wanted)]
    assert told.progress[-1] == 1.0
    assert any(each is not None and 0 < each < 1 for each in told.progress)
    assert server.interrupts == []
    body = server.bodies[0]
    assert prompt_of(wanted) in body["prompt"]["5"]["inputs"]["filename_prefix"]


async def test_a_picture_is_sent_under_its_digest_and_without_its_metadata(new, tmp_path):
    async with closing(client(new)) as comfy:
        await comfy.draw(order(tmp_path), Told().hooks)
    [(_, name)] = [key for key in new.files if key[0] == "input"]
    assert name.startswith("framekiln/")
    assert len(name) == len("framekiln/") + 64 + len(".png")
    assert b"Ada" in (tmp_path / "picture").read_bytes()
    assert b"Ada" not in new.files["input", name]
    assert new.bodies[0]["prompt"]["1"]["inputs"]["image"] == name


TWICE = {
    Fault.FORGETS: (2, 2),
    Fault.TWICE: (2, 1),
    Fault.GONE: (2, 2),
    Fault.STOPPED: (2, 2),
    Fault.NO_OUTPUT: (2, 2),
}
"""How often a take is submitted and drawn where that is not once."""

STAYS = {
    Fault.NODE_ERROR: (RenderFailed, Code.ELSEWHERE),
    Fault.OUT_OF_MEMORY: (RenderFailed, Code.MEMORY),
    Fault.REFUSES: (RenderFailed, Code.ELSEWHERE),
    Fault.BROKEN_CLIP: (HopelessTake, None),
    Fault.ENDLESS_CLIP: (HopelessTake, None),
    Fault.LOGIN: (Away, None),
}


async def drawn_in_spite_of(fault, folder):
    """What comes of a take at a server of its own: submits, drawings and what is left; or the error."""
    folder = folder / fault
    await asyncio.to_thread(folder.mkdir)
    async with FakeComfyUI(seconds=0.2) as fake, closing(client(fake)) as comfy:
        fake.order(fault)
        try:
            await comfy.draw(order(folder), Told().hooks)
        except EngineError as error:
            return error
        await asyncio.sleep(0.3)
        return (len(fake.submits), len(fake.drawn)), fake.board.remaining


async def test_a_fault_that_passes_costs_no_clip(tmp_path):
    faults = [fault for fault in Fault if fault not in STAYS]
    found = await asyncio.gather(*(drawn_in_spite_of(fault, tmp_path) for fault in faults))
    right = {fault: (TWICE.get(fault, (1, 1)), 0) for fault in faults}
    assert dict(zip(faults, found, strict=True)) == right


async def test_a_fault_that_stays_is_one_error_without_the_servers_paths(tmp_path):
    found = await asyncio.gather(*(drawn_in_spite_of(fault, tmp_path) for fault in STAYS))
    errors = dict(zip(STAYS, found, strict=True))
    kinds = {fault: (type(error), getattr(error, "code", None)) for fault, error in errors.items()}
    assert kinds == STAYS
    assert not any(
        SECRET_PATH in str(error) or "127.0.0.1:" in str(error)
        for error in found
        if isinstance(error, HopelessTake | Away)
    )
    assert not any(SECRET_PATH in str(error) for error in found)
    assert SECRET_PATH in errors[Fault.NODE_ERROR].detail
    assert SECRET_PATH in errors[Fault.REFUSES].detail


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(take, "LATE", 0.01)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("route", "status"),
    [
        *(("upload", status) for status in (200, 400, 500)),
        *(("prompt", status) for status in (403, 404, 413)),
        *(("view", status) for status in (302, 403, 500)),
    ],
)
async def test_what_a_server_refuses_for_one_take_always_ends_it(tmp_path, monkeypatch, route, status):
    async def no(*_):
        return web.Response(status=status, text="no")

    monkeypatch.setattr(FakeComfyUI, f"_{route}", no)
    async with FakeComfyUI(seconds=0.08) as fake, closing(client(fake, limits=HASTY)) as comfy:
        with pytest.raises(RenderFailed) as caught:
            await comfy.draw(order(tmp_path), Told().hooks)
        assert caught.value.code == Code.ELSEWHERE
        assert len(fake.drawn) == (route == "view")


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("route", ["prompt", "view"])
async def test_a_server_that_is_silent_about_one_take_while_it_draws_others_fails_in_it(
    tmp_path, monkeypatch, route
):
    real, silent = getattr(FakeComfyUI, f"_{route}"), True

    async def gateway(fake, request):
        return web.Response(status=502) if silent else await real(fake, request)

    monkeypatch.setattr(FakeComfyUI, f"_{route}", gateway)
    async with FakeComfyUI(seconds=0.08) as fake, closing(client(fake, limits=HASTY)) as comfy:
        with pytest.raises(Away):
            await comfy.draw(order(tmp_path), Told().hooks)
        silent = False
        await comfy.draw(order(tmp_path, job="b2"), Told().hooks)
        silent = True
        with pytest.raises(RenderFailed, match="silent"):
            await comfy.draw(order(tmp_path), Told().hooks)


async def test_a_server_that_is_away_is_said_so_and_a_later_order_finds_the_take(new, tmp_path):
    async with closing(client(new)) as comfy:
        draw = asyncio.create_task(comfy.draw(order(tmp_path), Told().hooks))
        await until(lambda: new.drawn)
        await new.down(forgets=False)
        with pytest.raises(Away) as caught:
            await draw
        assert "127.0.0.1" not in str(caught.value)
        await new.up()
        await comfy.draw(order(tmp_path), Told().hooks)
    assert len(new.submits) == 1


async def test_what_was_drawn_before_a_crash_of_the_bot_is_found_again(server, tmp_path):
    for _ in range(2):  # the second client is a bot that has started again
        async with closing(client(server)) as comfy:
            await comfy.draw(order(tmp_path), Told().hooks)
    assert len(server.submits) == 1
    async with closing(client(server)) as comfy:
        await comfy.draw(order(tmp_path, seed=8), Told().hooks)
    assert len(server.submits) == 2


@pytest.mark.parametrize("waits", [True, False])
async def test_a_cancel_stops_its_own_take_and_no_other(server, tmp_path, waits):
    """Old servers are asked to stop one id, never whatever runs."""
    server.seconds = 1.0
    others = [server.foreign()] if waits else []
    async with closing(client(server)) as comfy:
        draw = asyncio.create_task(comfy.draw(order(tmp_path), Told().hooks))
        await until(lambda: server.submits if waits else server.drawn)
        if not waits:
            others.append(server.foreign())
        draw.cancel()
        with pytest.raises(asyncio.CancelledError):
            await draw
    await until(lambda: server.board.remaining == 0)
    assert all(other.succeeded for other in others)
    assert None not in server.interrupts
    ours = prompt_of(order(tmp_path))
    assert ours not in server.board.history or not server.board.history[ours].succeeded


async def test_a_server_too_old_to_stop_one_job_is_not_told_to_stop_any(tmp_path):
    async with FakeComfyUI(seconds=0.4, jobs_api=False, version="0.3.40") as old:
        async with closing(client(old, limits=replace(QUICK, stop_seconds=0.3))) as comfy:
            draw = asyncio.create_task(comfy.draw(order(tmp_path), Told().hooks))
            await until(lambda: old.drawn)
            draw.cancel()
            with pytest.raises(asyncio.CancelledError):
                await draw
        assert old.interrupts == []


async def test_what_somebody_still_waits_for_goes_on_when_a_render_stops(new, tmp_path):
    async def still_wanted(_job):
        return True

    async with closing(client(new, wanted=still_wanted)) as comfy:
        draw = asyncio.create_task(comfy.draw(order(tmp_path), Told().hooks))
        await until(lambda: new.drawn)
        draw.cancel()
        with pytest.raises(asyncio.CancelledError):
            await draw
        await comfy.draw(order(tmp_path), Told().hooks)
    assert len(new.submits) == 1


@pytest.mark.parametrize(("wanted", "stops"), [(True, False), (False, True), (None, False)])
async def test_what_is_left_of_a_job_that_is_over_is_stopped_later(new, tmp_path, wanted, stops):
    new.seconds = 0.6
    theirs = new.foreign()
    answers = iter([True, wanted])  # the render stops first, then the job is over

    async def still(_job):
        return next(answers)

    async with closing(client(new, wanted=still)) as comfy:
        draw = asyncio.create_task(comfy.draw(order(tmp_path), Told().hooks))
        await until(lambda: new.submits)
        draw.cancel()
        await asyncio.gather(draw, return_exceptions=True)
        await comfy.tidy()
    await until(lambda: new.board.remaining == 0)
    assert theirs.succeeded
    assert (prompt_of(order(tmp_path)) in new.board.history) is not stops


async def test_a_cancel_while_the_submit_is_on_its_way_leaves_nothing_behind(new, tmp_path):
    async with closing(client(new)) as comfy:
        for delay in (0.0, 0.005, 0.01, 0.02, 0.05):
            draw = asyncio.create_task(comfy.draw(order(tmp_path, seed=round(delay * 1000)), Told().hooks))
            await asyncio.sleep(delay)
            draw.cancel()
            with pytest.raises(asyncio.CancelledError):
                await draw
            assert new.board.remaining <= 1  # its worker may be about to see that it is stopped
    await until(lambda: new.board.remaining == 0)
    assert not any(job.succeeded for job in new.board.history.values())


async def test_a_take_that_waits_behind_anothers_says_so(new, tmp_path):
    new.foreign()
    told = Told()
    async with closing(client(new)) as comfy:
        await comfy.draw(order(tmp_path), told.hooks)
    assert told.progress[0] is None


async def test_previews_become_one_moving_first_look(new, tmp_path):
    new.seconds = 0.8
    told = Told()
    async with closing(client(new)) as comfy:
        await comfy.draw(order(tmp_path), told.hooks)
    [draft] = told.drafts
    assert draft.dtype == "uint8"
    assert draft.shape[1:] == (96, 160, 3)
    assert len(draft) >= 12
    assert abs(draft[0].astype(int) - draft[-1]).mean() > 1


async def test_a_take_that_another_server_of_the_owners_has_in_hand_is_not_drawn_twice(new, tmp_path):
    async with FakeComfyUI(seconds=0.2) as other:
        async with closing(client(other)) as comfy:
            await comfy.draw(order(tmp_path), Told().hooks)
        async with closing(client(new, other)) as comfy:
            await comfy.draw(order(tmp_path), Told().hooks)
        assert (len(other.submits), len(new.submits)) == (1, 0)
        await other.down()
        async with closing(client(new, other)) as comfy:
            await comfy.draw(order(tmp_path, seed=9), Told().hooks)
        assert len(new.submits) == 1


async def test_a_take_that_is_lost_again_and_again_while_others_come_through_is_given_up(new, tmp_path):
    limits = replace(QUICK, tries=1)
    async with closing(client(new, limits=limits)) as comfy:
        new.order(Fault.FORGETS, times=9)
        with pytest.raises(Away):
            await comfy.draw(order(tmp_path), Told().hooks)
        new._orders.clear()
        await comfy.draw(order(tmp_path, seed=8), Told().hooks)
        new.order(Fault.FORGETS, times=9)
        with pytest.raises(RenderFailed):
            await comfy.draw(order(tmp_path), Told().hooks)


async def test_the_same_take_asked_for_twice_at_once_is_drawn_once(new, tmp_path):
    async with closing(client(new)) as comfy:
        made = await asyncio.gather(*(comfy.draw(order(tmp_path), Told().hooks) for _ in range(2)))
    assert len(made) == 2
    assert len(new.submits) == 1


async def test_somebody_who_stops_a_take_again_and_again_is_heard(new, tmp_path):
    new.order(Fault.STOPPED, times=9)
    async with closing(client(new, limits=replace(QUICK, tries=2))) as comfy:
        with pytest.raises(RenderFailed) as caught:
            await comfy.draw(order(tmp_path), Told().hooks)
    assert "stop" in str(caught.value)
    assert len(new.submits) == 3


async def test_a_login_is_sent_with_every_request_and_never_logged(new, tmp_path, caplog):
    caplog.set_level("DEBUG")
    async with closing(client(new, login="ada:pass word")) as comfy:
        await comfy.draw(order(tmp_path), Told().hooks)
    assert new.headers["Authorization"] == "Basic YWRhOnBhc3Mgd29yZA=="
    assert "YWRhOnBhc3Mgd29yZA" not in caplog.text
    assert "pass word" not in caplog.text


def test_a_server_may_stand_below_a_path_and_its_name_says_no_login():
    server = Server("https://ada:word@example.org/comfy/?x=1")
    assert str(server._url("history/a")) == "https://example.org/comfy/history/a"
    assert server.name == "example.org:443"
    assert server._headers == {"Authorization": "Basic YWRhOndvcmQ="}
