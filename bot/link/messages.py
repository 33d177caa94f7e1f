"""What the bot and a worker say to each other: JSON, each message complete in itself.

A beat says all that a worker holds, and its answer all that it must drop. So a message that is lost, doubled,
late or out of order needs no case of its own. Unknown fields are passed over; a field that is missing or
wrong makes the whole message garbage. Every text and number is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.link.errors import NotAMessage
from engine.core.device import DeviceKind
from engine.weights.own_files import OwnKind

PROTOCOL = 1
"""Raised by one whenever an older peer would misread a message."""

MAX_MESSAGE = 64 * 1024
"""Bytes of a message at most."""

MAX_PIECE = 256 * 1024
"""Bytes of a piece of a file at most: beats share the line with it."""

MAX_FILE = 1 << 30
"""Bytes of any file that crosses the line at most. What a job allows is far less."""

MAX_TIMES = 32
"""Profiles of which a worker tells the render times; the latest."""

MAX_WEIGHTS = 1 << 36
"""Bytes of a checkpoint or style that crosses the line at most. What the owner allows is far less."""

MAX_OWN = 200
"""Checkpoints and styles of a worker's own that it tells of."""

MAX_OFFERS = 4
"""Checkpoints and styles that are offered to a worker at a time."""

MAX_HELD = 16
"""Claims that a worker may hold at once: one that is drawn, one that is ready, and finished clips."""

MAX_SENTENCES = 6_000
"""Characters of what texts were made of; where it takes more, they are English in every language."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Job = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Token = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Word = Annotated[str, Field(max_length=64)]
Claim = Annotated[int, Field(ge=1, lt=1 << 31)]
Counter = Annotated[int, Field(ge=0, lt=1 << 53)]
Size = Annotated[int, Field(ge=0, le=MAX_FILE)]
Seconds = Annotated[float, Field(ge=0, lt=1e9, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Sentences = Annotated[str, Field(max_length=MAX_SENTENCES)]
Take = Annotated[int, Field(ge=1, le=1000)]
What = Annotated[str, Field(pattern=r"^(clip|draft\.[1-9][0-9]{0,2}|sheet\.[1-9][0-9]{0,2})$")]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class HeldState(StrEnum):
    """What a worker does with a claim."""

    FETCH = "fetch"
    """Its files are on their way."""

    READY = "ready"
    """It can be drawn at once."""

    RUN = "run"
    DONE = "done"
    """The clip lies on the worker's disk until a verdict."""

    FAIL = "fail"


class DropReason(StrEnum):
    """Why a worker is to drop a claim and its files."""

    KEPT = "kept"
    """The clip is stored."""

    STALE = "stale"
    """Somebody else has the job."""

    CANCELLED = "cancelled"
    FAILED = "failed"
    """The end that the worker told is written down."""

    BAD = "bad"
    """The clip is not what was ordered, or not what it was said to be."""


class FailKind(StrEnum):
    """The family of an error that ended a render; :mod:`bot.link.failures` makes it an error again."""

    USER = "user"
    UNSUPPORTED = "unsupported"
    ENGINE = "engine"
    SHORTAGE = "shortage"
    CRASH = "crash"
    KILLED = "killed"
    HUNG = "hung"
    SHUTDOWN = "shutdown"
    """The worker ends, or cannot draw now; the job is not to blame."""


class Done(_Message):
    """A finished clip.

    Attributes:
        seconds: that the engine spent on it.
        receipt: a Receipt's JSON.
        sentences: what its words were made of, see :func:`engine.core.sentence.table_text`.
    """

    size: Size
    sha256: Digest
    seconds: Seconds
    receipt: Annotated[str, Field(max_length=16_384)]
    sentences: Sentences = ""


class Fail(_Message):
    """Why there will be no clip.

    Attributes:
        text: may be shown.
        sentences: what it was made of, see :func:`engine.core.sentence.table_text`.
        detail: for the log.
    """

    kind: FailKind
    code: Word = ""
    text: Annotated[str, Field(max_length=2000)] = ""
    sentences: Sentences = ""
    detail: Annotated[str, Field(max_length=4000)] = ""


class Look(_Message):
    """A first look or the sheet of a discarded take, offered while its job is drawn.

    Attributes:
        what: ``draft.N`` or ``sheet.N``, N the take.
        size: 0 where a take was discarded and there is no picture of it.
    """

    what: What
    take: Take
    size: Size
    sha256: Digest


class Held(_Message):
    """A claim that a worker holds, and how far it is."""

    job: Job
    claim: Claim
    state: HeldState
    stage: Word = ""
    fraction: Share = 0.0
    take: Take = 1
    done: Done | None = None
    fail: Fail | None = None
    looks: Annotated[tuple[Look, ...], Field(max_length=32)] = ()


class Told(_Message):
    """What a machine can draw.

    Attributes:
        device, name, memory: the fields of :class:`engine.core.device.Device`.
        families: engines that are ready there, by name.
        weights: name → digest, of the catalogue's files that are installed.
        files: digests of checkpoints and styles that are there.
        packages: names of the optional Python packages that are installed there.
        at_once: renders at once.
        times: profile → seconds that a render of it took there lately.
    """

    device: DeviceKind = DeviceKind.CPU
    name: Annotated[str, Field(max_length=200)] = ""
    memory: Annotated[int, Field(ge=0, lt=1 << 50)] = 0
    families: Annotated[tuple[Word, ...], Field(max_length=64)] = ()
    weights: Annotated[dict[Annotated[str, Field(max_length=200)], Digest], Field(max_length=400)] = {}
    files: Annotated[tuple[Digest, ...], Field(max_length=MAX_OWN)] = ()
    packages: Annotated[tuple[Word, ...], Field(max_length=32)] = ()
    at_once: Annotated[int, Field(ge=1, le=8)] = 1
    times: Annotated[dict[Annotated[str, Field(max_length=200)], Seconds], Field(max_length=MAX_TIMES)] = {}


class Hello(_Message):
    """Who a worker is, what it can do, what it holds.

    Attributes:
        proto: see :func:`protocol_of`, which reads it from a hello of any version.
        boot: random, one for each process.
        age: seconds since the process began, by a clock that only moves on. Of two with one key, the
            younger wins; what the clocks on their walls say decides nothing.
        seq: grows with each hello and beat of a process.
    """

    type: Literal["hello"] = "hello"
    proto: int = PROTOCOL
    release: Word
    boot: Token
    age: Seconds
    seq: Counter
    caps: Told
    hold: Annotated[tuple[Held, ...], Field(max_length=MAX_HELD)] = ()


class Beat(_Message):
    """A worker lives, and this is all that it holds."""

    type: Literal["beat"] = "beat"
    boot: Token
    seq: Counter
    hold: Annotated[tuple[Held, ...], Field(max_length=MAX_HELD)] = ()


class Ask(_Message):
    """A worker wants its next job. The same ``n`` gets the same order again.

    Attributes:
        resident: the engine whose model is loaded, or will be when the job begins; "": none.
    """

    type: Literal["ask"] = "ask"
    boot: Token
    n: Counter
    resident: Word = ""


class InputFile(_Message):
    """A file that a job needs."""

    sha256: Digest
    size: Size


class OrderLimits(_Message):
    """What a render may spend; the first three are those of :class:`engine.rendering.limits.RenderLimits`."""

    max_bytes: Annotated[int, Field(ge=1, le=MAX_FILE)]
    max_takes: Annotated[int, Field(ge=1, le=1000)]
    max_wasted_seconds: Annotated[int, Field(ge=0, lt=1 << 31)]
    max_seconds: Seconds


class Order(_Message):
    """A job, and the claim under which this worker has it.

    Attributes:
        recipe: a Recipe's JSON.
        inputs: role → file.
        calibration: the gate's local calibration, as JSON; "" where there is none.
        ability: what drawing it takes.
    """

    type: Literal["order"] = "order"
    job: Job
    claim: Claim
    recipe: Annotated[str, Field(max_length=32_768)]
    inputs: Annotated[dict[Word, InputFile], Field(max_length=16)] = {}
    limits: OrderLimits
    calibration: Annotated[str, Field(max_length=16_384)] = ""
    ability: Annotated[str, Field(max_length=8192)] = ""


class Drop(_Message):
    """A claim that a worker is to forget, with its files."""

    job: Job
    claim: Claim
    verdict: DropReason


class Welcome(_Message):
    """A hello was heard.

    Attributes:
        epoch: random, one for each process of the bot.
        lease: seconds without a beat after which a claim is given to another.
        beat: seconds between two beats.
    """

    type: Literal["welcome"] = "welcome"
    epoch: Token
    lease: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
    beat: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
    forget: Annotated[tuple[Drop, ...], Field(max_length=64)] = ()
    orders: Annotated[tuple[Order, ...], Field(max_length=4)] = ()


class RefusedCode(StrEnum):
    """Why a worker is to end."""

    VERSION = "E_VERSION"
    TWICE = "E_TWICE"
    REMOVED = "E_REMOVED"


class Refused(_Message):
    """The worker is to end. ``want`` is what the bot would take instead, such as a release."""

    type: Literal["refused"] = "refused"
    refused: RefusedCode
    want: Word = ""


class OfferedFile(_Message):
    """A checkpoint or style of the bot's owner that a worker may fetch. It is offered under no name."""

    kind: OwnKind
    sha256: Digest
    size: Annotated[int, Field(ge=1, le=MAX_WEIGHTS)]


class Heard(_Message):
    """The answer to a beat, and what is told in haste: all that a worker must drop, and orders sent again.

    Attributes:
        offers: what a job waits for that the worker could draw with it.
    """

    type: Literal["heard"] = "heard"
    epoch: Token
    forget: Annotated[tuple[Drop, ...], Field(max_length=64)] = ()
    orders: Annotated[tuple[Order, ...], Field(max_length=4)] = ()
    offers: Annotated[tuple[OfferedFile, ...], Field(max_length=MAX_OFFERS)] = ()


class SayHello(_Message):
    """The bot does not know this process of the worker: it is to say hello."""

    type: Literal["hello?"] = "hello?"


class Nothing(_Message):
    """There is no job now. ``wait``: seconds before the next ask."""

    type: Literal["none"] = "none"
    wait: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 0.0


class AskFile(_Message):
    """A worker asks for a piece of an input of a claim that it holds."""

    type: Literal["file"] = "file"
    job: Job
    claim: Claim
    sha256: Digest
    offset: Size
    length: Annotated[int, Field(ge=1, le=MAX_PIECE)]


class AskWeights(_Message):
    """A worker asks for a piece of a file that was offered to it."""

    type: Literal["weights"] = "weights"
    sha256: Digest
    offset: Annotated[int, Field(ge=0, le=MAX_WEIGHTS)]
    length: Annotated[int, Field(ge=1, le=MAX_PIECE)]


class Pull(_Message):
    """The bot asks for a piece of what a worker has drawn.

    Attributes:
        boot: names the process that is asked: another with the same key may be about to end. None: any.
    """

    type: Literal["pull"] = "pull"
    boot: Token | None = None
    job: Job
    claim: Claim
    what: What
    offset: Size
    length: Annotated[int, Field(ge=1, le=MAX_PIECE)]


class Present(_Message):
    """The bot is here, or here again."""

    type: Literal["present"] = "present"
    epoch: Token


FromWorker = Hello | Beat | Ask | AskFile | AskWeights
HelloAnswer = Welcome | Refused
BeatAnswer = Heard | SayHello | Refused
AskAnswer = Order | Nothing | SayHello
FromBot = Heard | Refused
AnyMessage = FromWorker | Welcome | Refused | Heard | SayHello | Order | Nothing | Pull | Present

_T = TypeVar("_T")


def _adapter(union: Any) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[union, Field(discriminator="type")])


FROM_WORKER: Mapping[str, TypeAdapter[Any]] = {
    "hello": TypeAdapter(Hello),
    "beat": TypeAdapter(Beat),
    "ask": TypeAdapter(Ask),
    "file": TypeAdapter(AskFile),
    "weights": TypeAdapter(AskWeights),
}
"""What a worker says, by the last word of the subject."""

HELLO_ANSWER = _adapter(HelloAnswer)
BEAT_ANSWER = _adapter(BeatAnswer)
ASK_ANSWER = _adapter(AskAnswer)
FROM_BOT = _adapter(FromBot)
PULL: TypeAdapter[Pull] = TypeAdapter(Pull)
PRESENT: TypeAdapter[Present] = TypeAdapter(Present)


def encode(message: AnyMessage) -> bytes:
    """The bytes of a message.

    Raises:
        NotAMessage: it is longer than a message may be, or holds text that is not Unicode.
    """
    try:
        data = message.model_dump_json(exclude_defaults=False).encode()
    except ValueError as error:
        raise NotAMessage(f"this {message.type} cannot be written: {error}") from error
    if len(data) > MAX_MESSAGE:
        raise NotAMessage(f"this {message.type} has {len(data)} bytes, a message has {MAX_MESSAGE} at most")
    return data


def decode(adapter: TypeAdapter[_T], data: bytes) -> _T:
    """Read a message.

    Raises:
        NotAMessage: it is none of those that the adapter reads.
    """
    if len(data) > MAX_MESSAGE:
        raise NotAMessage(f"{len(data)} bytes are no message")
    try:
        return adapter.validate_json(data)
    except ValueError as error:
        raise NotAMessage(f"this is no message: {data[:100]!r}") from error


class _Versioned(_Message):
    proto: int
    release: Word = ""


_VERSIONED: TypeAdapter[_Versioned] = TypeAdapter(_Versioned)


def protocol_of(hello: bytes) -> int:
    """The protocol of a hello, whatever else is in it.

    Raises:
        NotAMessage: it names none.
    """
    return decode(_VERSIONED, hello).proto


def release_of(hello: bytes) -> str:
    """The release that a hello names, whatever else is in it; "" where it names none.

    Raises:
        NotAMessage: it names no protocol either.
    """
    return decode(_VERSIONED, hello).release
