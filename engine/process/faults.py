"""What an error inside the engine process means for the job."""

from __future__ import annotations

import traceback

from engine.core.device_faults import is_device_fault, is_out_of_memory
from engine.core.errors import Cancelled, Code, RenderFailed, Unsupported, UserError
from engine.core.sentence import table_text
from engine.core.shortages import Shortage, shortage_of
from engine.process import wire

DETAIL_CHARACTERS = 16_000
"""The end of a traceback that is sent along."""

TEXT_CHARACTERS = 1_000
"""The beginning of a text for the member that is sent along."""


def describe(job: str, error: Exception) -> wire.Failed:
    """Turn what a renderer raised into the answer for a job.

    The frames of a traceback hold the arrays that filled the memory, so they are let go.
    """
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, RenderFailed):
        detail += error.detail
    traceback.clear_frames(error.__traceback__)
    family, code, text = _judge(error)
    return wire.Failed(
        job=job,
        failure=family,
        code=code,
        text=_speakable(text)[:TEXT_CHARACTERS],
        sentences=_speakable(table_text([text], wire.MAX_SENTENCES)),
        detail=_speakable(detail)[-DETAIL_CHARACTERS:],
        # Handles that leaked are given back by the end of the process, and by nothing else.
        leaving=is_device_fault(error) or code == Shortage.HANDLES,
    )


def _judge(error: Exception) -> tuple[wire.Failure, str, str]:
    if isinstance(error, Cancelled):
        return wire.Failure.CANCELLED, Code.CANCELLED, "cancelled"
    # First of all: a library often calls a file damaged that it only could not open.
    if (short := shortage_of(error)) is not None and not is_device_fault(error):
        return wire.Failure.SHORTAGE, short, f"The machine ran short of something: {short}."
    if isinstance(error, UserError):
        return wire.Failure.USER, error.code, error.said
    if isinstance(error, Unsupported):
        return wire.Failure.UNSUPPORTED, Code.UNSUPPORTED, error.said
    return wire.Failure.ENGINE, *_judge_engine(error)


def _judge_engine(error: Exception) -> tuple[str, str]:
    if isinstance(error, RenderFailed):
        return error.code, error.said
    if is_device_fault(error):
        return Code.DEVICE, "The GPU reported a fault."
    if is_out_of_memory(error):
        return Code.MEMORY, "There was not enough memory for this clip."
    return Code.ENGINE, "Something went wrong in the engine."


def _speakable(text: str) -> str:
    """Without the lone surrogates that undecodable file names leave, which JSON cannot carry."""
    return text.encode(errors="replace").decode()
