"""What the service answers: webhooks."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Literal

from backprop_client.record import Record


class Delivery(Record):
    """The delivery of an event to a webhook, and how its last attempt ended."""

    __slots__ = ()
    id: str
    webhook_id: str
    event_id: str
    """The `webhook-id` header, the same in every attempt."""
    type: str
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    """Since the event or since the last replay."""
    next_attempt_at: str | None
    """Null: no attempt will follow."""
    attempted_at: str | None
    duration_seconds: float | None
    status: int | None
    """Of the response to the last attempt. Null: there was no response."""
    response: str | None
    """The first 1,024 bytes of the response body."""
    error: str | None
    """Why the last attempt failed."""
    body: str
    """The JSON that is sent."""
    created_at: str


class Webhook(Record):
    """A webhook. Its secret is in the responses to its creation and its rotation only."""

    __slots__ = ()
    id: str
    url: str
    events: list[
        Literal[
            "job.running",
            "job.succeeded",
            "job.failed",
            "job.canceled",
            "job.paused",
            "sweep.finished",
            "batch.finished",
            "*",
        ]
    ]
    description: str
    enabled: bool
    disabled_reason: Literal["owner", "gone", "failing"] | None
    """`owner`: by a request. `gone`: the URL answered with 410. `failing`: no delivery succeeded for three days.
    Null: enabled.
    """
    failing_since: str | None
    """The first failed attempt since the last successful delivery."""
    previous_secret_until: str | None
    """Until then, requests are also signed with the secret before the last rotation."""
    created_at: str
    updated_at: str
    metadata: dict[str, str]


class WebhookWithSecret(Record):
    """A webhook with its new secret. Store the secret now: it is not shown again."""

    __slots__ = ()
    id: str
    url: str
    events: list[
        Literal[
            "job.running",
            "job.succeeded",
            "job.failed",
            "job.canceled",
            "job.paused",
            "sweep.finished",
            "batch.finished",
            "*",
        ]
    ]
    description: str
    enabled: bool
    disabled_reason: Literal["owner", "gone", "failing"] | None
    """`owner`: by a request. `gone`: the URL answered with 410. `failing`: no delivery succeeded for three days.
    Null: enabled.
    """
    failing_since: str | None
    """The first failed attempt since the last successful delivery."""
    previous_secret_until: str | None
    """Until then, requests are also signed with the secret before the last rotation."""
    created_at: str
    updated_at: str
    metadata: dict[str, str]
    secret: str | None
    """The key of the signatures. A response that is repeated for an `Idempotency-Key` has none."""
