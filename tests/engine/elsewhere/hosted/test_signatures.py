"""A message is heard only if the service signed it, now, and for the first time."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from engine.elsewhere.hosted.signatures import (
    REMEMBERED,
    Forged,
    Heard,
    Message,
    check_fal,
    check_standard,
    keys_in,
)

NOW = 1_790_000_000.0
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = json.dumps({"id": "p1", "status": "succeeded"}).encode()


def standard(at: float = NOW, *, secret: str = SECRET, body: bytes = BODY, name: str = "msg_1") -> Message:
    """Signed by the package of Standard Webhooks, not by us."""
    signature = Webhook(secret).sign(name, datetime.fromtimestamp(at, UTC), body.decode())
    headers = {"webhook-id": name, "webhook-timestamp": str(int(at)), "webhook-signature": signature}
    return Message(headers=headers, body=body)


FAL_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
FAL_PUBLIC = FAL_KEY.public_key().public_bytes_raw()


def fal(at: float = NOW, *, key: Ed25519PrivateKey = FAL_KEY, body: bytes = BODY) -> Message:
    signed = "\n".join(("r1", "u1", str(int(at)), hashlib.sha256(body).hexdigest())).encode()
    headers = {
        "x-fal-webhook-request-id": "r1",
        "x-fal-webhook-user-id": "u1",
        "x-fal-webhook-timestamp": str(int(at)),
        "x-fal-webhook-signature": key.sign(signed).hex(),
    }
    return Message(headers=headers, body=body)


def changed(message: Message, *, body: bytes | None = None, **headers: str) -> Message:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Message(headers={**message.headers, **named}, body=message.body if body is None else body)


def test_what_the_service_signed_is_heard():
    assert check_standard(standard(), [KEY], now=NOW) == "msg_1"
    assert check_standard(standard(), [bytes(32), KEY], now=NOW + 299) == "msg_1"
    assert check_fal(fal(), [bytes(32), FAL_PUBLIC], now=NOW).startswith("r1")


OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()

FORGED = {
    "another key": standard(secret=OTHER),
    "another body": changed(standard(), body=b"{}"),
    "another id": changed(standard(), webhook_id="msg_2"),
    "another time": changed(standard(), webhook_timestamp=str(int(NOW) + 1)),
    "too old": standard(NOW - 301),
    "from the future": standard(NOW + 301),
    "no time": changed(standard(), webhook_timestamp="soon"),
    "no signature": changed(standard(), webhook_signature=""),
    "an empty signature": changed(standard(), webhook_signature="v1,"),
    "no base64": changed(standard(), webhook_signature="v1,????"),
    "another version": changed(
        standard(), webhook_signature=standard().headers["webhook-signature"].replace("v1", "v2")
    ),
}

FORGED_FAL = {
    "another key": fal(key=Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))),
    "another body": changed(fal(), body=b"{}"),
    "another request": changed(fal(), x_fal_webhook_request_id="r2"),
    "another user": changed(fal(), x_fal_webhook_user_id="u2"),
    "another time": changed(fal(), x_fal_webhook_timestamp=str(int(NOW) + 1)),
    "too old": fal(NOW - 301),
    "from the future": fal(NOW + 301),
    "no hexadecimal": changed(fal(), x_fal_webhook_signature="zz"),
    "too short": changed(fal(), x_fal_webhook_signature="00"),
    "missing": changed(fal(), x_fal_webhook_user_id=""),
}


@pytest.mark.parametrize("message", FORGED.values(), ids=FORGED)
def test_a_forged_message_is_refused(message):
    with pytest.raises(Forged):
        check_standard(message, [KEY], now=NOW)


@pytest.mark.parametrize("message", FORGED_FAL.values(), ids=FORGED_FAL)
def test_a_forged_message_of_fal_is_refused(message):
    with pytest.raises(Forged):
        check_fal(message, [FAL_PUBLIC], now=NOW)


def test_without_a_key_nothing_is_heard():
    with pytest.raises(Forged):
        check_standard(standard(), [], now=NOW)
    with pytest.raises(Forged):
        check_fal(fal(), [], now=NOW)


def test_a_message_is_heard_once():
    heard = Heard()
    assert heard.first_time("a", NOW)
    assert not heard.first_time("a", NOW + 299)
    assert heard.first_time("a", NOW + 601), "its time has passed, so its signature refuses it"
    for number in range(2 * REMEMBERED):
        heard.first_time(str(number), NOW + 601)
    assert len(heard._ids) == REMEMBERED


def test_the_keys_of_a_set_are_those_of_the_right_kind():
    x = base64.urlsafe_b64encode(FAL_PUBLIC).decode().rstrip("=")
    good = {"kty": "OKP", "crv": "Ed25519", "x": x}
    others = [{"kty": "RSA", "x": x}, {"kty": "OKP", "x": "AAAA"}, {"kty": "OKP"}, "text", None]
    assert keys_in({"keys": [good, *others]}) == (FAL_PUBLIC,)
    for junk in (None, [1], {"keys": 3}, "x"):
        assert keys_in(junk) == ()
