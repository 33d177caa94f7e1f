"""What can go wrong while a clip is made, and the codes by which it is told apart.

The whole tree, wherever its classes are defined:

EngineError                  the root; anything else that is raised is a bug
├── UserError                the member can mend it; the text is shown as it is
├── Unsupported              this recipe cannot be drawn by this engine, here
├── Cancelled                a stop was asked for
├── EngineClosed             the engine was closed while this job ran or waited; the job is not to blame
├── GpuClosed                another render broke the GPU in this process; the job is not to blame
├── EngineDied               the engine process ended while this job ran
│   ├── EngineKilled         something else than the bot killed it
│   └── EngineHung           it lived, but said nothing for too long, and was killed
├── Away                     the machine that draws this take cannot be reached; it passes
├── HopelessTake             a take can only become a broken clip; the next one follows
├── RanShort                 the machine ran short of something; it passes (engine.core.shortages)
├── NotDrawn                 a take was not drawn elsewhere; the parent knows why, and says so
├── RenderFailed             the engine answered with an error of its own
├── EncodeFailed             ffmpeg stopped (engine.clips.ffmpeg)
├── ClipTooLarge             not even the smallest encoding fits the byte limit (engine.clips.encode)
├── Refused                  a member's picture is not taken (engine.untrusted.headers)
├── ClipRefused              a member's clip is not taken (engine.untrusted.clip_headers)
├── SoundRefused             a member's sound is not taken (engine.untrusted.sound_headers)
├── Unreadable               a network's file is damaged, or that of another (engine.vision.network)
└── FetchFailed              weights could not be fetched; the text is for the owner (engine.weights.fetch)
    └── NoRanges             the server gives files only whole (engine.weights.fetch)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Self

from engine.core.foreign_text import visible
from engine.core.sentence import Sentence, Value

SHOWN_NAME = 100
"""Characters of a name in a refusal."""


class Code(StrEnum):
    """Stable short names of what went wrong: for logs, tests, the wire, and the column ``job.error_code``.

    Codes are persisted, so a value is never given a second meaning, and none is renamed; those of
    pulls are stored nowhere. The bot has more (``db.codes.BotCode``). The class of an
    error decides where its text goes: that of a :class:`UserError` is shown to the member; a
    :class:`RenderFailed` is worded by the bot, by its code, and its own text is for the log; the text of a
    ``FetchFailed`` is for the owner. ``Refused``, ``ClipRefused`` and ``SoundRefused``
    have codes of their own, because what they say depends on limits that only the bot knows.

    Attributes:
        meaning: one line that explains the code in a log.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Make a member that is its value and knows what it means."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    # Of requests, while they are planned.
    NO_ENGINE = "E_NO_ENGINE", "no engine here makes such a clip, or the engine asked for is not here"
    EFFECT = "E_EFFECT", "an effect that is not here, or cannot be read"
    FEATURE = "E_FEATURE", "no engine here, or not the one asked for, is able to do what was asked"
    FOLLOW = "E_FOLLOW", "the engine follows a clip, and none was given"
    FPS = "E_FPS", "frames per second out of range"
    MODEL = "E_MODEL", "there is no such checkpoint here, or none at all"
    OPTION = "E_OPTION", "a choice that is not one of its values"
    SECONDS = "E_SECONDS", "a length out of range"
    SEED = "E_SEED", "a seed out of range"
    SIZE = "E_SIZE", "a side of the clip out of range"
    UPSCALE = "E_UPSCALE", "the clip cannot be upscaled, or not so that it is better for it"
    STYLE = "E_STYLE", "a style that is not here, or cannot be used"
    WEIGHTS = "E_WEIGHTS", "weights that are needed are not installed, damaged, or do not fit"

    # Of renders.
    BROKEN = "E_BROKEN", "no take came out whole"
    ELSEWHERE = "E_ELSEWHERE", "the server or service that draws it answered with an error"
    BUDGET = "E_BUDGET", "the owner's budget for services that cost money is spent"
    CANCELLED = "E_CANCELLED", "a stop was asked for"
    CONSENT = "E_CONSENT", "the server or the member has not agreed to a service that costs money"
    DEVICE = "E_DEVICE", "the GPU reported a fault"
    ENGINE = "E_ENGINE", "the engine made a mistake: a bug, or a model's"
    FLASHES = "E_FLASHES", "an effect flashes more than three times a second, and is not posted"
    EXTRACTOR = "E_EXTRACTOR", "what finds poses, depth or edges cannot be loaded"
    HOSTED = "E_HOSTED", "a service that costs money does not draw this"
    LOST = "E_LOST", "what became of a clip at a service cannot be found out; it is not bought twice"
    MEMORY = "E_MEMORY", "there was not enough memory"
    RESULT = "E_RESULT", "the file is not what the engine said it was"
    UNSUPPORTED = "E_UNSUPPORTED", "this engine cannot draw this recipe, here"
    VERSION = "E_VERSION", "the engine process is of another release than the bot"
    WIRE = "E_WIRE", "the job is too long to be sent to the engine process"

    # Of weights.
    CHANGED = "E_CHANGED", "it is not what it was when it was pinned"
    DAMAGED = "E_DAMAGED", "what came is not what was announced"
    GATED = "E_GATED", "the licence must be accepted on the page, or a token is needed"
    LICENCE = "E_LICENCE", "the licence was not accepted"
    LOCK = "E_LOCK", "the lock file cannot be read"
    MISSING = "E_MISSING", "the repository, the commit or the file is not there"
    NETWORK = "E_NETWORK", "the server could not be reached, or the connection broke"
    PULLING = "E_PULLING", "another pull is at work in the same folder"
    ROOM = "E_ROOM", "the disk is full, or cannot be written"
    UNSAFE = "E_UNSAFE", "a format that can carry code"


OF_PULLS = frozenset(
    {
        *(Code.CHANGED, Code.DAMAGED, Code.GATED, Code.LICENCE, Code.LOCK, Code.MISSING),
        *(Code.NETWORK, Code.PULLING, Code.ROOM, Code.UNSAFE),
    }
)
"""Codes of weights that cannot be fetched. Only the owner meets them, on the command line."""


class EngineError(Exception):
    """The root of what the engine raises on purpose."""

    @property
    def said(self) -> str:
        """The text; a :class:`engine.core.sentence.Sentence` where it was raised with one."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class UserError(EngineError):
    """The member can mend it: the text is plain, and says the way out.

    Attributes:
        code: one of :class:`Code` or of ``db.codes.BotCode``, or what a member's file is refused for; any
            text, where another process or a worker says it, which may be of another release.
    """

    def __init__(self, code: str, text: str, **values: Value | Sequence[str]) -> None:
        """Make one.

        Args:
            code: as above.
            text: for the member; ``{name}`` stands for one of ``values``.
            values: numbers; sentences; names, or lists of names, from a member, a file or an owner's folder.
                How names are made harmless depends on where they are said.
        """
        self.code = code
        self._text = text
        self._values = values
        super().__init__(self._told(lambda name: f"“{visible(name, SHOWN_NAME)}”", visible))

    def told(self, show: Callable[[str], str]) -> str:
        """The text, with each name as ``show`` writes it; a sentence, except where it has no template."""
        return self._told(show, show)

    def _told(self, show: Callable[[str], str], in_a_list: Callable[[str], str]) -> str:
        if isinstance(self._text, Sentence):
            return self._text
        if not self._values and ("{" in self._text or "}" in self._text):
            return self._text
        shown: dict[str, Value] = {}
        for key, value in self._values.items():
            if isinstance(value, Sentence | int | float):
                shown[key] = value
            else:
                shown[key] = show(value) if isinstance(value, str) else ", ".join(map(in_a_list, value))
        return Sentence(self._text, **shown)


class Unsupported(EngineError):
    """This recipe cannot be drawn by this engine, here."""


class Cancelled(EngineError):
    """A stop was asked for."""


class EngineClosed(EngineError):
    """The engine was closed while this job ran or waited, or its process was ended on account of another job.

    The job is as good as before.
    """


class GpuClosed(EngineError):
    """Another render has broken the GPU's context: in this process, no other can draw."""


class EngineDied(EngineError):
    """The engine process ended while this job ran.

    Attributes:
        returncode: the exit status; negative for a signal, as in :mod:`subprocess`.
        last_words: the end of what it wrote to standard error, for the log.
    """

    def __init__(self, returncode: int | None, last_words: str = "") -> None:
        super().__init__(f"the engine process ended with status {returncode}")
        self.returncode = returncode
        self.last_words = last_words


class EngineKilled(EngineDied):
    """The engine process was ended by a signal that the bot did not send."""


class EngineHung(EngineDied):
    """The engine lived, but said nothing for too long, and was killed."""


class Away(EngineError):
    """The machine that draws this take cannot be reached. It passes, and the job is as good as before.

    Attributes:
        where: the machine or service, as its owner calls it; a member may read it.
        detail: why, for the log; never shown to a member.
    """

    def __init__(self, where: str, detail: str = "") -> None:
        super().__init__(f"{where} cannot be reached")
        self.where = where
        self.detail = detail


class NotDrawn(EngineError):
    """A take that was to be drawn elsewhere was not. The parent of the engine process knows why."""


class HopelessTake(EngineError):
    """What is being drawn can only become a broken clip; the next take follows.

    Attributes:
        reason: in words a member can read.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RenderFailed(EngineError):
    """The engine answered with an error of its own.

    Attributes:
        code: one of :class:`Code`; any text, where the engine process is of another release.
        detail: a traceback for the log; never shown to a member.
    """

    def __init__(self, code: str, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.detail = detail
