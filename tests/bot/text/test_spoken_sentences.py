"""What the engine says is read in the language of whoever reads it, wherever it came by."""

from __future__ import annotations

import dataclasses
import json

import pytest

from bot.clips.recipe_text import recipe_text
from bot.intake import refusals
from bot.link.failures import error_of, failure_of
from bot.link.messages import (
    FROM_WORKER,
    MAX_SENTENCES,
    Beat,
    Done,
    Fail,
    FailKind,
    Held,
    HeldState,
    decode,
    encode,
)
from bot.text import clip_texts
from bot.text.foreign import disarm, quote, refusal
from bot.text.messages import receipt_line
from bot.text.wording import speaking
from engine.core.errors import Code, EngineError, RenderFailed, Unsupported, UserError
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence, by_table_text, row_of, table_text
from engine.gate.meaning.fault import FAULTS
from engine.gate.measures import MEASURES
from engine.process import wire
from engine.process.faults import describe
from engine.process.host import _raise
from engine.untrusted.headers import PictureLimits, Refusal, Refused
from tests.bot.fixtures import receipt, recipe
from tests.bot.german import german

FLICKERS = Sentence("{fault} at {second:.1f} s", fault=MEASURES["brightness_flickers"].words, second=1.25)
REJECTED = TakeRecord(
    number=1,
    seed=5,
    outcome=Outcome.REJECTED,
    score=12.0,
    reasons=(FLICKERS, FAULTS["face_bends"].words),
    changed=Sentence("{steps} steps instead of {fewer}", steps=30, fewer=20),
)
SMALLER = Sentence("stronger compression, to fit {limit}", limit="8 MiB")


@pytest.fixture(autouse=True)
def _german(tmp_path):
    with german(tmp_path):
        yield


def discarding() -> Receipt:
    made = receipt("0" * 64, 1000)
    return dataclasses.replace(
        made, takes=(REJECTED, dataclasses.replace(made.takes[0], number=2)), kept=2, ladder=(SMALLER,)
    )


def test_why_takes_were_discarded_is_read_in_the_members_language_from_the_row():
    stored = Receipt.from_json(discarding().to_json())
    with speaking("de"):
        assert "bei 1,2 s: die Helligkeit flackert – ein Gesicht verformt sich" in clip_texts.discarded(
            stored, pictures=0
        )
        assert "stärker komprimiert, damit es in 8 MiB passt" in receipt_line(stored)
    assert "brightness flickers at 1.2 s; a face bends out of shape" in clip_texts.discarded(
        stored, pictures=0
    )


def test_the_reasons_of_a_plan_are_read_in_the_members_language_from_the_row():
    about = Sentence("a simple moving sketch of the prompt; needs no weights")
    planned = recipe(reasons=(Sentence("{engine}: {about}", engine="sketch", about=about), "a plain note"))
    stored = Recipe.from_json(planned.to_json(sentences=True))
    with speaking("de"):
        said = recipe_text(stored, None).text
    assert "- sketch – eine einfache bewegte Skizze\n- a plain note" in said


def test_a_file_holds_english_alone_which_every_release_reads():
    planned = recipe(reasons=(SMALLER,))
    assert "sentences" not in json.loads(planned.to_json())
    assert json.loads(planned.to_json())["reasons"] == [str(SMALLER)]
    assert Recipe.from_json(planned.to_json()).reasons == planned.reasons


def test_rows_of_older_releases_are_shown_as_they_are():
    old = Receipt.from_json(discarding().to_json(sentences=False))
    assert old == discarding()
    with speaking("de"):
        assert "brightness flickers at 1.2 s" in clip_texts.discarded(old, pictures=0)


def test_a_damaged_table_of_sentences_costs_no_receipt():
    data = json.loads(discarding().to_json())
    tables: list[object] = [None, [], {str(FLICKERS): {"template": "{", "values": {}}}, {str(FLICKERS): 3}]
    for table in tables:
        data["sentences"] = table
        assert Receipt.from_json(json.dumps(data)) == discarding()


def test_a_receipt_with_an_unknown_field_is_none():
    with pytest.raises(ValueError, match="not a receipt"):
        Receipt.from_json(json.dumps({**json.loads(discarding().to_json()), "words": {}}))


def errors() -> list[tuple[EngineError, str]]:
    return [
        (
            UserError(Code.STYLE, "There is no style {style} here.", style="ink"),
            "Hier gibt es den Stil “ink” nicht.",
        ),
        (
            UserError(Code.SECONDS, "A clip can be {least:g} to {most:g} seconds long.", least=0.5, most=10),
            "Ein Clip dauert 0,5 bis 10 Sekunden.",
        ),
        (
            Unsupported(Sentence("This engine needs a picture to start from.")),
            "Diese Engine beginnt mit einem Bild.",
        ),
        (
            UserError(
                Code.UPSCALE,
                "Upscaling doesn't make this clip better: {reasons}. It stays as it is.",
                reasons=row_of([FLICKERS] * 5),
            ),
            "Größer wird der Clip nicht besser: " + " – ".join(["bei 1,2 s: die Helligkeit flackert"] * 5),
        ),
        (
            RenderFailed(Code.WEIGHTS, Sentence("The weights in “{folder}” are damaged.", folder="wan")),
            "Die Gewichte in „wan“ sind beschädigt.",
        ),
    ]


def over_the_pipe(error: EngineError) -> EngineError:
    failed = wire.from_child(wire.encode(describe("job", error)))
    assert isinstance(failed, wire.Failed)
    with pytest.raises(type(error)) as caught:
        _raise(failed)
    return caught.value


def came(fail: Fail | None) -> EngineError:
    assert fail is not None
    error = error_of(fail)
    assert isinstance(error, EngineError)
    return error


def over_the_line(error: EngineError) -> EngineError:
    held = Held(job="a" * 16, claim=1, state=HeldState.FAIL, fail=failure_of(error))
    beat = decode(FROM_WORKER["beat"], encode(Beat(boot="a" * 16, seq=1, hold=(held,))))
    return came(beat.hold[0].fail)


@pytest.mark.parametrize("way", [over_the_pipe, over_the_line])
@pytest.mark.parametrize(("error", "said"), errors(), ids=lambda one: type(one).__name__)
def test_a_refusal_is_read_in_the_members_language_though_a_process_or_a_worker_raised_it(way, error, said):
    arrived = way(error)
    assert str(arrived) == str(error)
    with speaking("de"):
        assert disarm(arrived.said) == disarm(said)


def test_a_refusal_of_the_plan_shows_names_as_harmless_as_ever():
    name = "<@1> {style}"
    error = UserError(Code.STYLE, "There is no style {style} here.", style=name)
    assert refusal(error) == f"There is no style {quote(name)} here."
    with speaking("de"):
        assert refusal(error) == f"Hier gibt es den Stil {quote(name)} nicht."


def test_a_picture_is_refused_in_the_members_language():
    with speaking("de"):
        said = refusal(refusals.explain(Refused(Refusal.CORRUPT), PictureLimits()))
    assert said == "Das Bild ist beschädigt, und ich kann es nicht lesen. Speichere es neu als PNG."


HOSTILE = [
    {"template": "{x:>999999999}", "values": {"x": 1}},
    {"template": "{x.__class__.__init__.__globals__}", "values": {"x": "a"}},
    {"template": "@everyone", "values": {}},
    {"template": "{x}" * 1000, "values": {"x": "brightness flickers" * 1000}},
    {"template": "{fault} at {second:.1f} s", "values": {"fault": "@everyone", "second": 1}},
    {"template": "brightness flickers", "values": {"x": {"template": "brightness flickers", "values": {}}}},
    ["brightness flickers"],
]


@pytest.mark.parametrize("entry", HOSTILE)
def test_no_worker_says_anything_in_one_language_that_is_not_there_in_english(entry):
    text = "Your clip flickers."
    told = json.dumps({text: entry})[:MAX_SENTENCES]
    fail = Fail(kind=FailKind.USER, code="E_SIZE", text=text, sentences=told)
    with speaking("de"):
        assert disarm(came(fail).said) == text


def test_a_value_of_a_worker_is_disarmed_like_its_text():
    said = Sentence("stronger compression, to fit {limit}", limit="@everyone <@1> **bold** {limit}")
    fail = failure_of(UserError("E_SIZE", said))
    with speaking("de"):
        shown = disarm(came(fail).said)
    assert shown.startswith("stärker komprimiert, damit es in @\u200beveryone \\<@\u200b1\\>")
    assert "{limit}" in shown


def test_a_workers_receipt_is_readable_for_a_bot_that_knows_no_sentences():
    drawn = discarding()
    done = Done(
        size=1000,
        sha256="0" * 64,
        seconds=3.0,
        receipt=drawn.to_json(sentences=False),
        sentences=table_text(drawn.words, MAX_SENTENCES),
    )
    assert "sentences" not in json.loads(done.receipt)
    read = Receipt.from_json(done.receipt).spoken(by_table_text(done.sentences))
    with speaking("de"):
        assert "die Helligkeit flackert" in clip_texts.discarded(read, pictures=0)
