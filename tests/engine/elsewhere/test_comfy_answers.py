"""What a ComfyUI server says is a stranger's: whatever it is, it is read as something, and nothing breaks."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.elsewhere.comfyui.answers import (
    Where,
    clip_among,
    failure_of,
    files_of,
    in_history,
    in_job,
    in_queue,
    jobs_in,
    refusal_of,
)
from engine.elsewhere.comfyui.listening import Heard, preview_in, weights_of
from engine.elsewhere.sent_files import bare_png
from tests.fake_comfyui import WEIGHTLESS

KEYS = st.sampled_from(
    (
        *("queue_running", "queue_pending", "a", "status", "outputs", "messages", "error", "node_errors"),
        *("errors", "type", "data", "prompt_id", "nodes", "images", "filename", "completed", "status_str"),
    )
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | KEYS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(ANYTHING)
def test_no_answer_breaks_its_reader(answer):
    for read in (in_queue, in_history):
        assert read(answer, "a").where in Where
    assert in_job(answer).where in Where
    clip_among(files_of(answer), "a")
    failure_of(answer)
    refusal_of(answer)
    jobs_in(answer, "a")
    heard = Heard(weights=weights_of(WEIGHTLESS))
    heard.take_in(json.dumps({"type": "progress_state", "data": answer}), "a")
    heard.take_in(json.dumps(answer), "a")
    assert 0 <= heard.share <= 1


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_no_message_of_bytes_breaks_its_reader(message):
    preview_in(message, "a")
    preview_in(struct.pack(">I", 4) + message, "a")


def test_a_preview_is_read_in_both_forms_and_only_if_it_is_ours():
    about = json.dumps({"prompt_id": "a"}).encode()
    with_metadata = struct.pack(">II", 4, len(about)) + about + b"\xff\xd8picture"
    assert preview_in(struct.pack(">II", 1, 1) + b"\xff\xd8picture", "a") == b"\xff\xd8picture"
    assert preview_in(with_metadata, "a") == b"\xff\xd8picture"
    assert preview_in(with_metadata, "b") is None
    assert preview_in(struct.pack(">II", 3, 1) + b"words", "a") is None


def row(number, prompt):
    return [number, prompt, {}, {"mark": "job"}, ["5"]]


def test_a_place_in_the_queue_counts_what_runs_and_what_is_before():
    queue = {"queue_running": [row(1, "x")], "queue_pending": [row(5, "a"), row(2, "y"), row(9, "z")]}
    assert in_queue(queue, "a").ahead == 2
    assert in_queue(queue, "x").where is Where.RUNNING
    assert in_queue(queue, "b").where is Where.NOWHERE
    assert jobs_in(queue, "mark") == dict.fromkeys("xayz", "job")


@pytest.mark.parametrize(
    ("status", "where"),
    [
        ({"status_str": "success", "completed": True, "messages": []}, Where.DONE),
        ({"status_str": "success", "completed": False, "messages": []}, Where.FAILED),
        ({"status_str": "error", "messages": [["execution_interrupted", {}]]}, Where.STOPPED),
        ({"status_str": "error", "messages": [["execution_error", {}]]}, Where.FAILED),
        (None, Where.FAILED),
    ],
)
def test_a_take_is_done_only_if_the_history_says_completed(status, where):
    assert in_history({"a": {"status": status, "outputs": {}}}, "a").where is where


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory."),
        ("RuntimeError", "CUDA error: out of memory"),
        ("RuntimeError", "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
        ("MemoryError", ""),
    ],
)
def test_a_server_out_of_memory_is_known_in_all_its_words(kind, message):
    assert failure_of({"exception_type": kind, "exception_message": message}).is_memory


def test_a_sampler_weighs_more_than_other_nodes():
    graph = {"1": {"class_type": "LoadImage"}, "2": {"class_type": "KSamplerAdvanced"}}
    heard = Heard(weights=weights_of(graph))
    told = {"prompt_id": "a", "nodes": {"1": {"state": "finished"}, "2": {"value": 5, "max": 10}}}
    heard.take_in(json.dumps({"type": "progress_state", "data": told}), "a")
    assert heard.share == pytest.approx(6 / 11)
    heard.take_in(json.dumps({"type": "progress_state", "data": {**told, "prompt_id": "b"}}), "a")
    assert heard.share == pytest.approx(6 / 11)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\0\0\0\x05IHDR"]
)
def test_what_is_no_png_is_not_sent(data):
    with pytest.raises(ValueError, match="sent"):
        bare_png(data)
