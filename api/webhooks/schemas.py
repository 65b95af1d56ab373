"""Webhooks and their deliveries as requests and responses show them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.http.schemas import RequestBody, View
from service.fields import Metadata, WholeNumber
from store.clock import rfc3339
from store.tables import Webhook, WebhookDelivery

EventType = Literal[
    "job.running",
    "job.succeeded",
    "job.failed",
    "job.canceled",
    "job.paused",
    "sweep.finished",
    "batch.finished",
    "*",
]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    Field(
        description="Where to send events: an https URL of a public host, on port 443 or a port from 1024. "
        "The operator may allow others.",
        examples=["https://hooks.example.com/backprop"],
    ),
]
Events = Annotated[
    tuple[EventType, ...],
    Field(min_length=1, max_length=20, description="The types of events to send. `*` stands for all types."),
]
Description = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$"), Field(description="A note of your own.")
]
DAY_SECONDS = 86_400


class WebhookRequest(RequestBody):
    """A new webhook. Only `url` is required."""

    url: Url
    events: Events = ("*",)
    description: Description = ""
    enabled: bool = Field(default=True, strict=True, description="Whether events are sent.")
    metadata: Metadata = Field(default_factory=dict)


class WebhookChange(RequestBody):
    """Fields to change. Fields that are missing or null stay as they are."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(
        default=None,
        strict=True,
        description="False: events are not recorded, and pending deliveries wait. True: they go on.",
    )
    metadata: Metadata | None = None


class RotationRequest(RequestBody):
    """How to rotate the secret."""

    overlap_seconds: WholeNumber = Field(
        default=DAY_SECONDS,
        ge=0,
        le=7 * DAY_SECONDS,
        description="How long requests are signed with the previous secret as well. 0: it is invalid at once.",
    )


class WebhookView(View):
    """A webhook. Its secret is in the responses to its creation and its rotation only."""

    id: str = Field(examples=["whk_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    url: str = Field(examples=["https://hooks.example.com/backprop"])
    events: list[EventType] = Field(examples=[["job.succeeded", "job.failed"]])
    description: str
    enabled: bool
    disabled_reason: Literal["owner", "gone", "failing"] | None = Field(
        description="`owner`: by a request. `gone`: the URL answered with 410. `failing`: no delivery succeeded "
        "for three days. Null: enabled."
    )
    failing_since: str | None = Field(description="The first failed attempt since the last successful delivery.")
    previous_secret_until: str | None = Field(
        description="Until then, requests are also signed with the secret before the last rotation."
    )
    created_at: str
    updated_at: str
    metadata: dict[str, str]

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookView":
        """Return the view of a stored webhook."""
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=webhook.events,
            description=webhook.description,
            enabled=webhook.enabled,
            disabled_reason=webhook.disabled_reason,
            failing_since=_time(webhook.failing_since),
            previous_secret_until=_time(webhook.previous_until),
            created_at=rfc3339(webhook.created_at),
            updated_at=rfc3339(webhook.updated_at),
            metadata=webhook.metadata_,
        )


class WebhookWithSecretView(WebhookView):
    """A webhook with its new secret. Store the secret now: it is not shown again."""

    secret: str | None = Field(
        default=None,
        description="The key of the signatures. A response that is repeated for an `Idempotency-Key` has none.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
    )


class DeliveryView(View):
    """The delivery of an event to a webhook, and how its last attempt ended."""

    id: str = Field(examples=["dlv_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    webhook_id: str
    event_id: str = Field(description="The `webhook-id` header, the same in every attempt.")
    type: str = Field(examples=["job.succeeded"])
    state: Literal["pending", "delivered", "failed"]
    attempts: int = Field(description="Since the event or since the last replay.")
    next_attempt_at: str | None = Field(description="Null: no attempt will follow.")
    attempted_at: str | None
    duration_seconds: float | None
    status: int | None = Field(description="Of the response to the last attempt. Null: there was no response.")
    response: str | None = Field(description="The first 1,024 bytes of the response body.")
    error: str | None = Field(description="Why the last attempt failed.")
    body: str = Field(description="The JSON that is sent.")
    created_at: str

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "DeliveryView":
        """Return the view of a stored delivery."""
        return cls(
            id=delivery.id,
            webhook_id=delivery.webhook_id,
            event_id=delivery.event_id,
            type=delivery.type,
            state=delivery.state,
            attempts=delivery.attempt,
            next_attempt_at=_time(delivery.next_at),
            attempted_at=_time(delivery.attempted_at),
            duration_seconds=delivery.seconds,
            status=delivery.status,
            response=delivery.response,
            error=delivery.error,
            body=delivery.body,
            created_at=rfc3339(delivery.created_at),
        )


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
