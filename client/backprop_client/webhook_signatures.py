"""Verify that the service has sent a webhook request, by the Standard Webhooks specification."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from backprop_client.errors import InvalidSignatureError
from backprop_client.record import Record

TOLERANCE_SECONDS = 300.0  # the specification's advice: a recorded request is useless soon


class WebhookEvent(Record):
    """What a webhook request reports: `type`, such as `job.succeeded`, `timestamp` and `data`."""

    type: str
    timestamp: str
    data: dict[str, Any]


def verify_webhook(
    payload: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    clock: Callable[[], float] = time.time,
) -> WebhookEvent:
    """Return the event of a webhook request.

    `payload` is the body as it arrived, and `secret` the `whsec_…` of the webhook. The names of the headers may be in
    capitals or small letters. Raises `InvalidSignatureError` if the service has not sent this request within the last
    five minutes, and `ValueError` if the secret is not one of a webhook.
    """
    body = payload.encode() if isinstance(payload, str) else payload
    named = {name.lower(): value for name, value in headers.items()}
    identifier, sent_at, signatures = (
        _header(named, name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    _check_time(sent_at, clock(), tolerance_seconds)
    expected = _signature(_key(secret), f"{identifier}.{sent_at}.".encode() + body)
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures.split(" ")):
        raise InvalidSignatureError("The signature does not match the body and the secret.")
    return WebhookEvent(json.loads(body))


def _header(headers: Mapping[str, str], name: str) -> str:
    if not headers.get(name):
        raise InvalidSignatureError(f"The request has no header {name}.")
    return headers[name]


def _check_time(sent_at: str, now: float, tolerance_seconds: float) -> None:
    try:
        age = now - int(sent_at)
    except ValueError:
        raise InvalidSignatureError(f"webhook-timestamp is not a number of seconds: {sent_at[:40]!r}.") from None
    if abs(age) > tolerance_seconds:
        raise InvalidSignatureError(
            f"The request is {age:.0f} s old, and at most {tolerance_seconds:.0f} s are allowed."
        )


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The secret of a webhook is whsec_ and base64 text.") from None


def _signature(key: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
