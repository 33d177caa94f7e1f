from __future__ import annotations

import dataclasses
import itertools
import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.doctor import report
from bot.cli.finding import Finding
from bot.clips.recipe_text import recipe_text
from bot.commands.shared.stats_words import in_words
from bot.forecast import Wait
from bot.intake import refusals
from bot.ops import stats
from bot.text import limit_texts, messages, moderation_texts, review_texts, status_texts, tree_texts
from bot.text.wording import naming
from db.audit.log import ChainCheck, Entry
from db.errors import Limit
from db.jobs.allowances import Allowance, Precedence, Spent, StoredAllowance, Whose
from db.jobs.job import Job
from db.jobs.queries import Ahead
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Case, Decision
from db.moderation.reviews import OnPictures, OnWords, ReviewRules
from db.states import JobId, State
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Camera, Follow, Kind, Quality, Recipe, Stage, Style
from tests.policies import enqueue_limits
from tests.present import present

ID = JobId("0123456789abcdef")
HUGE = 2**63
WORST_PROMPTS = ["", "x" * 1000, "`" * 1000, "@" * 1000, "🎬" * 1000, "</" * 500]
HOSTILE = [
    "```\n@everyone\n```json",
    "``````",
    "`````` **bold** `````",
    "`" * 7,
    "@everyone @here <@123456789012345678> <@&123456789012345678> <#123456789012345678>",
    "</queue clear:123456789012345678>",
    "https://evil.example/ [nice](https://evil.example) discord.gg/abc",
    "||spoiler|| **bold** __line__ ~~gone~~ # head\n# head\n> quote\n-# small",
    "\u202eevil\u202c \u200b\u200d\ufeff",
    "a\u0301\u0301\u0301\u0301\u0301\u0301" * 20,
    "{0} {recipe} %s %(x)s \\",
]
JARGON = re.compile(
    r"\b(latents?|cuda|inference|tensors?|exceptions?|traceback|pipelines?|schedulers?|checkpoints?|vram|torch"
    r"|sampler|embeddings?|null|none type|backends?|stack|sql|sqlite|http|json|stderr|daemon|mutex)\b",
    re.IGNORECASE,
)


def recipe_of(prompt="a quiet lake", **changes) -> Recipe:
    values = {
        "kind": Kind.ANIMATE,
        "engine": "camera",
        "seed": 2**32 - 1,
        "width": 1920,
        "height": 1080,
        "frames": 241,
        "native_fps": 12.0,
        "fps": 24.0,
        "length": 480,
        "prompt": prompt,
        "camera": Camera.PUSH_IN,
        "quality": Quality.BALANCED,
        "reasons": ("camera: a virtual camera moves through the picture", "1920×1080 (16:9)"),
    }
    return Recipe(**{**values, **changes})


def take(number, outcome=Outcome.ACCEPTED, *reasons, seconds=2.0) -> TakeRecord:
    return TakeRecord(number=number, seed=1, outcome=outcome, score=71.6, reasons=reasons, seconds=seconds)


def receipt_of(*takes, kept=1, forced=False, ladder=()) -> Receipt:
    return Receipt(
        engine="camera",
        takes=takes or (take(1),),
        kept=kept,
        forced=forced,
        width=768,
        height=432,
        frames=96,
        fps=24.0,
        sha256="0" * 64,
        size=1,
        seconds={"drawing": 10.0, "encoding": 2.0},
        ladder=ladder,
    )


def job_of(state=State.QUEUED, **changes) -> Job:
    values = dict.fromkeys(
        (
            *("parent", "started_at", "rendered_at", "ended_at", "clip_sha256", "receipt"),
            *("error_code", "error_text", "error_id", "status_channel_id", "status_message_id"),
            *("posting_since", "retry_at", "message_id", "deleted_at"),
        )
    )
    values |= {"id": ID, "key": "1", "kind": "animate", "state": state, "recipe": "{}", "profile": "p"}
    values |= {"guild_id": HUGE, "channel_id": HUGE, "user_id": HUGE, "inputs": {}, "priority": 0}
    values |= {
        "created_at": 0.0,
        "due": 0.0,
        "expected": 1.0,
        "claim": 1,
        "crashes": 0,
        "restarts": 0,
        "stage": "",
        "fraction": 0.0,
    }
    values |= {"take": 1, "cancel_requested": False, "status_final": False}
    return Job(**{**values, "post_attempts": 0, **changes})


def every_text(prompt):
    """Every kind of text that a member can read, with the worst that may be in it."""
    recipe = recipe_of(prompt, reasons=("because " * 40,) * 12)
    far = Wait(position=99_999, ahead=99_999, low=1e6, middle=5e6, high=9e6, own=1e6, delay=1e6)
    bad = [take(n, Outcome.REJECTED, "it flickers at 1.2 s " * 9, "it is grey") for n in range(1, 21)]
    worst = receipt_of(*bad, kept=20, forced=True, ladder=("smaller picture, 96×54, to fit 8 MiB",) * 3)
    for paused, restarted in itertools.product((False, True), repeat=2):
        yield status_texts.waiting(recipe, far, paused=paused, restarted=restarted)
    for stage in (*Stage, "something new"):
        yield status_texts.running(recipe, stage, 0.999, 20, asks=True)
    yield status_texts.uploading(recipe)
    yield status_texts.held_back(recipe)
    for state, error in itertools.product(State, (None, "It broke. " * 500)):
        yield status_texts.over(job_of(state, error_text=error, message_id=HUGE if error else None), recipe)
        yield messages.why(
            job_of(state, stage="drawing", priority=-1),
            wait=far,
            ahead=Ahead(jobs=10**6, running=1, by_member_self=10**6, elsewhere=10**6),
            ahead_seconds=1e9,
            turn=job_of(State.RUNNING, user_id=HUGE),
        )
        yield messages.job_line(job_of(state), recipe, 99_999)
    alone = Ahead(jobs=0, running=0, by_member_self=0)
    first = Wait(position=1, ahead=0, low=1, middle=1, high=2, own=1)
    yield messages.why(job_of(), wait=first, ahead=alone, ahead_seconds=0, turn=None)
    yield messages.clip_message(job_of(), recipe, worst)
    yield messages.clip_message(job_of(), recipe, receipt_of(*bad[:2], take(3), kept=3))
    told = dataclasses.replace(
        recipe, words=prompt * 3, negative=prompt * 2, steps=20, model=prompt, way=prompt
    )
    for each in (recipe, told):
        yield recipe_text(each, worst).text
        yield recipe_text(each, None).text
    for which in Limit:
        yield messages.limit_reached(which, 10**9, 1e9)
        yield messages.limit_reached(which, 0, None)
        yield messages.limit_reached(which, 1, None)
    yield messages.my_jobs([messages.job_line(job_of(), recipe, 99_999)] * 100)
    yield from moderators_texts(recipe)
    yield messages.failed_inside("0123abcd")
    yield messages.only_engine("camera")
    yield messages.engine_choice("camera", "a virtual camera moves through the picture")


def moderators_texts(recipe):
    """The same for what moderators read; a member's words may stand in a reason."""
    lines = [messages.job_line(job_of(), recipe, None) + f" · <@{HUGE}>"] * 100
    held = [moderation_texts.held_line(job_of(State.HELD, held_reason=recipe.prompt or "x" * 200))] * 100
    most = 10**6
    yield moderation_texts.queue_page(
        *(lines, held, "9 queued"),
        more=most,
        more_held=most,
        paused=True,
        draining=True,
        reported=[moderation_texts.reported_line(job_of(message_id=HUGE), 10**6)] * 100,
        more_reported=most,
    )
    yield moderation_texts.queue_page(
        [], [], "nothing yet", more=0, more_held=0, paused=False, draining=False
    )
    entry = Entry(
        seq=HUGE,
        at=2e9,
        guild_id=HUGE,
        actor_id=HUGE,
        action="quarantine",
        target="0" * 300,
        reason=recipe.prompt,
        hash="0" * 64,
    )
    for broken, cut, known in ((None, False, None), (9, True, True), (None, True, False)):
        verdict = ChainCheck(entries=HUGE, head="f" * 64, broken_at=broken, cut=cut)
        yield moderation_texts.audit_page([entry] * 50, verdict, known)
        yield moderation_texts.audit_page([], verdict, known)
    yield moderation_texts.moved(job_of(), 500)
    for count in (0, 1, 500):
        yield moderation_texts.cleared(count)
        yield moderation_texts.banned(HUGE, count)
    yield moderation_texts.unbanned(HUGE)
    wide = Allowance(
        waiting=500, hour=1000, day=86_400, precedence=Precedence.BACKGROUND, spent=Spent.BACKGROUND
    )
    kept = [StoredAllowance(kind=kind, whom=HUGE, allowance=wide) for kind in Whose] * 9
    yield limit_texts.allowances_page(kept, enqueue_limits())
    yield limit_texts.allowances_page([], enqueue_limits())
    yield from texts_of_reviews(recipe)


def texts_of_reviews(recipe):
    words = [recipe.prompt or "grumpf"] * 500
    for kind, decision, reports in itertools.product(CaseKind, (None, *Decision), (1, 10**6)):
        case = Case(
            job=job_of(State.HELD, held_reason=recipe.prompt, message_id=HUGE),
            kind=kind,
            round=1,
            with_file=False,
            decision=decision,
            by_user=None if decision is None else HUGE,
            channel_id=None,
            message_id=None,
            open=True,
            reports=reports,
        )
        yield review_texts.case(case, recipe, words)
        yield review_texts.closed_case(case)
    yield review_texts.newcomer(0.2)
    yield review_texts.flagged_words(words[:1])
    yield review_texts.words_refused(words)
    yield review_texts.not_approved(recipe.prompt)
    yield review_texts.words_page(words, words)
    yield review_texts.words_page([], [])
    yield review_texts.word_listed("grumpf", own=True, looked_for=False)
    yield review_texts.word_listed("grumpf", own=False, looked_for=True)
    for on_words, pictures in itertools.product(OnWords, OnPictures):
        yield review_texts.rules_page(
            ReviewRules(channel_id=HUGE, newcomer_days=365, words=on_words, pictures=pictures)
        )
    yield review_texts.rules_page(ReviewRules())
    yield review_texts.rules_page(ReviewRules(channel_id=HUGE), ["view_channel", "send_messages"])
    yield review_texts.cannot_ask(HUGE, ["view_channel", "send_messages"])


def sentences():
    """The texts that stand in the modules as they are."""
    for module in (messages, limit_texts, moderation_texts, review_texts):
        yield from (
            value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)
        )
    yield from messages.STAGES.values()
    yield from (*refusals._DOWNLOAD.values(), *refusals._PLAIN.values())


@pytest.mark.parametrize("prompt", WORST_PROMPTS, ids=range(len(WORST_PROMPTS)))
def test_every_text_fits_one_message(prompt):
    for text in every_text(prompt):
        assert 0 < len(text) <= 2000, text[:80]


def test_no_text_needs_a_dictionary():
    shown = [*sentences(), *every_text("a quiet lake")]
    assert not [text for text in shown if JARGON.search(text.split("```")[0])]


def test_every_fixed_sentence_is_one_that_can_be_sent():
    found = list(sentences())
    assert len(found) > 30
    for text in found:
        assert text.strip() == text
        assert "  " not in text
        assert "@" not in text


@pytest.mark.parametrize("prompt", HOSTILE)
def test_a_hostile_prompt_stays_inside_its_span(prompt):
    harmless = {
        "title": status_texts.title(recipe_of("x")),
        "line": messages.job_line(job_of(), recipe_of("x"), 1),
    }
    hostile = {
        "title": status_texts.title(recipe_of(prompt)),
        "line": messages.job_line(job_of(), recipe_of(prompt), 1),
    }
    for name, text in hostile.items():
        assert "\n" not in text
        before, span, after = texts_around(text)
        assert text.count("`") == harmless[name].count("`")
        assert before == texts_around(harmless[name])[0]
        assert after == ""
        assert not re.search(r"@\w|<[@#/]|https?://|[\u202a-\u202e\ufeff]", span)


def texts_around(text):
    """What stands before the last code span, in it, and after it."""
    before, span, after = text.rsplit("`", 2)
    return before, span, after


@given(st.text(max_size=300))
def test_no_prompt_pings_or_adds_a_line(prompt):
    text = status_texts.title(recipe_of(prompt))
    assert len(text.splitlines()) == 1
    assert not re.search(r"@everyone|@here|<@[!&]?\d|<#\d|</\w", text)


@given(st.text(alphabet="`x", min_size=1, max_size=40))
def test_no_prompt_ends_the_block_of_the_recipe(prompt):
    text = recipe_text(recipe_of(prompt), None).text
    assert text.count("```") == 2
    assert text.endswith("```")
    assert "````" not in text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *((0, "1 s"), (0.4, "1 s"), (1.4, "1 s"), (89.4, "89 s")),
        *((90, "2 min"), (600, "10 min"), (5399, "90 min"), (5400, "1.5 h"), (86400, "24.0 h")),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(value, words):
    assert messages.seconds(value) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        *((40, 60, "40 to 60 s"), (40, 40.2, "40 s"), (80, 130, "80 s to 2 min"), (120, 300, "2 to 5 min")),
        (3000, 7200, "50 min to 2.0 h"),
    ],
)
def test_a_range_names_its_unit_once_where_it_can(low, high, words):
    assert messages.span(low, high) == words


def test_who_was_erased_is_named_as_such_and_not_by_a_number():
    """In limits, statistics and cases, which outlive an erase under a pseudonym."""
    gone, wide = -2633008922516673223, Allowance(waiting=5)
    case = Case(
        job=dataclasses.replace(job_of(), user_id=gone), kind=CaseKind.REVIEW, round=1, with_file=False,
        decision=Decision.APPROVED, by_user=gone, channel_id=1, message_id=1, open=False, reports=0,
    )  # fmt: skip
    said = (
        limit_texts.allowance_line(Whose.MEMBER, gone, wide),
        naming(in_words(stats.Stats(by_member=Counter({gone: 60})), 7)),
        review_texts.closed_case(case),
        tree_texts.line(1, "clip", gone, None),
        moderation_texts.held_line(case.job),
    )
    for text in said:
        assert ("an erased member" in text, str(gone) in text) == (True, False), text
    assert limit_texts.allowance_line(Whose.MEMBER, 5, wide).startswith("<@5>")


def test_the_receipt_of_one_good_take_is_short():
    line = messages.receipt_line(receipt_of())
    assert line == "AI-generated · 4.0 s · 768×432 · 1 take · made in 12 s"


def test_the_receipt_says_what_was_thrown_away_and_why():
    made = receipt_of(take(1, Outcome.REJECTED, "it flickers at 1.2 s", "it is grey"), take(2), kept=2)
    assert " · 2 takes, 1 discarded: it flickers at 1.2 s · " in messages.receipt_line(made)


def test_the_receipt_admits_that_no_take_was_good():
    bad = [take(n, Outcome.REJECTED, f"reason {n}") for n in (1, 2, 3)]
    line = messages.receipt_line(receipt_of(*bad, kept=2, forced=True))
    assert "best of 3 takes, none was perfect: reason 2; rerolling is free" in line
    assert "discarded" not in line


def test_the_receipt_says_what_was_given_up_for_size():
    made = receipt_of(ladder=("stronger compression, to fit 8 MiB",))
    assert " · stronger compression, to fit 8 MiB · " in messages.receipt_line(made)


def test_a_plain_message_leaves_out_what_an_engine_quotes_of_the_prompt():
    made = receipt_of(ladder=("the sketch does not know “zebroid”", "stronger compression"))
    assert "“zebroid”" in messages.clip_message(job_of(), recipe_of(), made)
    plain = messages.clip_message(job_of(), recipe_of(), made, plain=True)
    assert "zebroid" not in plain
    assert "stronger compression" in plain


def test_the_clip_says_who_asked_and_that_a_machine_made_it():
    head, small = messages.clip_message(job_of(), recipe_of(), receipt_of()).split("\n")
    assert head == f"<@{HUGE}> `a quiet lake`"
    assert small.startswith("-# AI-generated · ")


def test_the_recipe_text_includes_the_recipe_if_it_fits():
    recipe = recipe_of()
    block = recipe_text(recipe, receipt_of()).text.split("```json\n")[1].removesuffix("\n```")
    assert Recipe.from_json(block) == recipe
    assert recipe_text(recipe, receipt_of()).data is None


def test_a_recipe_too_long_for_a_message_comes_as_a_file():
    recipe = recipe_of("x" * 1000)
    long = recipe_text(recipe, receipt_of(*[take(n, Outcome.WARNED, "y" * 60) for n in range(1, 20)]))
    assert "```" not in long.text
    assert Recipe.from_json(present(long.data).decode()) == recipe


def test_the_recipe_text_shows_everything_the_model_was_given():
    recipe = recipe_of(
        engine="animatediff",
        way="lcm",
        model="epicrealism",
        steps=8,
        guidance=1.5,
        words="a quiet lake, wide view",
        negative="blurry",
        follow=Follow.SOFT_EDGES,
        strength=0.6,
        styles=(Style(name="ink", weight=0.8),),
        settings={"context_length": 16},
    )
    made = receipt_of(
        take(1, Outcome.REJECTED, "it flickers"), take(2), kept=2, ladder=("drawn in two halves",)
    )
    text = recipe_text(recipe, made).text
    assert text.startswith("**Recipe** · `animatediff` (`lcm`) · `epicrealism` · seed `4294967295`\n")
    assert "prompt as read: `a quiet lake, wide view`" in text
    assert "negative prompt: `blurry`" in text
    assert (
        "8 steps · guidance 1.5 · strength 0.6 · follows the clip's soft edges · style `ink` at 0.8"
        " · context length 16" in text
    )
    assert "- drawn in two halves" in text
    assert "- take 1: rejected, 72 of 100 (it flickers)\n- take 2: accepted, 72 of 100" in text
    assert "- camera: a virtual camera moves through the picture" in text


def test_the_recipe_text_of_an_engine_without_a_model_names_no_model():
    assert len(recipe_text(recipe_of(reasons=()), None).text.split("\n```")[0].split("\n")) == 2


def test_the_bar_of_a_render_only_ever_grows():
    shares = [status_texts.overall(stage, step / 10) for stage in Stage for step in range(11)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert [len(status_texts.bar(share)) for share in (-1, 0, 0.5, 1, 2)] == [status_texts.BAR_LENGTH] * 5


def test_the_wait_counts_those_ahead_of_you():
    soon = Wait(position=1, ahead=0, low=10, middle=15, high=20, own=8)
    later = Wait(position=3, ahead=3, low=40, middle=50, high=60, own=8)
    assert "you are next · ready in about 10 to 20 s" in status_texts.waiting(
        recipe_of(), soon, paused=False, restarted=False
    )
    assert "#3 in the queue" in status_texts.waiting(recipe_of(), later, paused=False, restarted=False)
    assert "paused" in status_texts.waiting(recipe_of(), later, paused=True, restarted=False)


def test_why_says_what_is_ahead_whose_turn_it_is_and_what_it_costs():
    mine, wait = job_of(), Wait(position=4, ahead=4, low=40, middle=50, high=60, own=8)
    ahead = Ahead(jobs=3, running=1, by_member_self=1, elsewhere=1)

    def said(**changes):
        values = {"wait": wait, "ahead": ahead, "ahead_seconds": 30.0, "turn": None}
        return messages.why(mine, **{**values, **changes})

    assert said().startswith(
        "3 jobs are ahead of it (1 of them your own, 1 from other servers), about 30 s of drawing."
    )
    assert said().endswith(
        "It should be ready in about 40 to 60 s. It will use about 8 s of your drawing time."
    )
    assert "It is your turn now." in said(turn=mine)
    assert "It is <@77>'s turn now." in said(turn=job_of(user_id=77))
    elsewhere = said(turn=job_of(user_id=77, guild_id=mine.guild_id + 1))
    assert "another server's turn" in elsewhere
    assert "77" not in elsewhere, "members of other servers are not named"
    first = said(wait=Wait(position=1, ahead=1, low=4, middle=5, high=6, own=8))
    assert first == "It is next, ready in about 4 to 6 s. It will use about 8 s of your drawing time."
    assert "depends on when you asked" in said()
    assert "as if you had asked 10 min later" in said(wait=dataclasses.replace(wait, delay=600.0))
    background = messages.why(job_of(priority=-1), wait=wait, ahead=ahead, ahead_seconds=30.0, turn=None)
    assert "starts when nothing else is waiting" in background


def test_the_list_of_qualities_shows_the_wait_before_the_click():
    wait = Wait(position=1, ahead=0, low=30, middle=40, high=50, own=8)
    assert messages.quality_choice("fast", wait) == "fast · about 40 s now · nobody is ahead"
    far = Wait(position=1, ahead=10**9, low=1e9, middle=1e9, high=1e9, own=1)
    assert len(messages.quality_choice("balanced", far)) <= 100


def test_a_doctor_counts_what_blocks():
    good = Finding(name="python", ok=True, text="3.12")
    bad = Finding(name="DISCORD_TOKEN", ok=False, blocks=True, text="is not set", mend="Set it.")
    assert report([good]).endswith("The bot can run.")
    assert "✗ DISCORD_TOKEN: is not set\n    → Set it.\n\n1 problem keeps the bot from running." in report(
        [bad]
    )
    assert report([bad, bad]).endswith("2 problems keep the bot from running.")


def test_every_stage_has_words():
    assert set(messages.STAGES) == set(Stage)
    assert all(word[0] in string.ascii_lowercase for word in messages.STAGES.values())


@pytest.mark.parametrize("code", [*messages.CAUSES, "E_ENGINE", None])
def test_a_failure_names_its_cause_its_cost_and_an_id(code):
    words = status_texts.over(job_of(state=State.FAILED, error_code=code, error_id="ab12"), recipe_of())
    assert messages.CAUSES.get(code, "Something broke on my side.") in words
    assert "Nothing was charged" in words
    assert "`ab12`" in words


LINES = [f"line {number:03}" + " and so on" * 5 for number in range(100)]


def test_a_list_counts_what_does_not_fit_and_what_was_not_looked_up():
    page = messages.list_page(["head"], LINES, ["foot"], more=7)
    assert len(page) <= messages.MESSAGE_LIMIT
    head, *shown, left, foot = page.split("\n")
    assert (head, foot, shown) == ("head", "foot", LINES[: len(shown)])
    assert left == messages.and_more(107 - len(shown))
    assert len(page) + len(LINES[0]) + 1 > messages.MESSAGE_LIMIT, "there was room for another line"
    assert messages.list_page(["head"], LINES[:3], ["foot"]).split("\n") == ["head", *LINES[:3], "foot"]


def test_a_place_is_shown_of_a_job_that_waits_and_of_no_other():
    line = messages.job_line(job_of(), recipe_of("x"), 1)
    assert "#1" in line
    for state in set(State) - {State.QUEUED}:
        line = messages.job_line(job_of(state), recipe_of("x"), 1)
        assert "#1" not in line
        assert str(messages.STATES[state]) in line


@pytest.mark.parametrize(("waiting", "held"), [(16, 5), (5, 100), (100, 100), (0, 30), (30, 0), (3, 2)])
def test_of_two_lists_neither_takes_all_the_room(waiting, held):
    page = moderation_texts.queue_page(
        LINES[:waiting],
        [f"held {line}" for line in LINES[:held]],
        "9 queued",
        more=3,
        more_held=4 if held else 0,
        paused=True,
        draining=True,
    )
    assert len(page) <= messages.MESSAGE_LIMIT
    above, _, below = page.partition("**Held for review**")
    for part, start, told, more in ((above, "line", waiting, 3), (below, "held", held, 4 if held else 0)):
        lines = part.strip().split("\n")
        shown = sum(line.startswith(start) for line in lines)
        assert shown >= min(told, 10)
        assert shown == told + more or lines[-1] == messages.and_more(told + more - shown)


def test_words_that_do_not_fit_are_counted_and_stand_in_a_file():
    words = [f"grumpf{number}" for number in range(500)]
    page = review_texts.words_page(words, ["bum"])
    assert f"{words[60]}, " in page
    assert page.split("\n")[0].endswith(messages.and_more(500 - page.count("grumpf")))
    every = ["# Flagged here", *words, "", "# From the base list, allowed here", "bum", ""]
    assert review_texts.words_file(words, ["bum"]) == "\n".join(every)
    assert review_texts.words_file(words[:60], words[:60]) is None
    assert "…" not in review_texts.words_page(words[:60], words[:60])
