"""What can go wrong while a clip is made.

EngineError                  anything below; the rest is a bug
├── UserError                the member can mend it; the text is shown as it is
├── Unsupported              this recipe cannot be drawn by this engine, here
├── Cancelled                somebody asked to stop
├── EngineClosed             the engine was closed while this job ran or waited; it is nobody's fault
├── EngineDied               the engine process ended while this job ran
│   └── EngineHung           it lived, but said nothing for too long, and was killed
├── HopelessTake             a take can only become a broken clip; the next one follows
└── RenderFailed             the engine answered with an error of its own
"""

from __future__ import annotations


class EngineError(Exception):
    """The root of what the engine raises on purpose."""


class UserError(EngineError):
    """The member can mend it: the text is plain, says the way out, and is shown as it is.

    Attributes:
        code: a stable short name for logs and tests, like ``E_SMALL``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Unsupported(EngineError):
    """This recipe cannot be drawn by this engine, here."""


class Cancelled(EngineError):
    """Somebody asked to stop."""


class EngineClosed(EngineError):
    """The engine was closed while this job ran or waited: the job is as good as before."""


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


class EngineHung(EngineDied):
    """The engine lived, but said nothing for too long, and was killed."""


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
        code: ``E_ENGINE`` (a bug or a model's mistake), ``E_MEMORY``, ``E_DEVICE`` (the GPU), ``E_RESULT``
            (the file is not what the engine said), ``E_VERSION`` (the engine process is of another release),
            ``E_WIRE`` (the order is too long), ``E_BROKEN`` (no take came out whole),
            or what the renderer chose.
        detail: a traceback for the log; never shown to a member.
    """

    def __init__(self, code: str, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.detail = detail
