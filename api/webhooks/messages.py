"""The requests that the service sends to webhooks, for the `webhooks` section of the OpenAPI document."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Header
from pydantic import Field

from api.http.schemas import View
from store.webhooks.event_types import JOB_EVENTS


class JobEventLinks(View):
    """Paths of the job and its model."""

    self: str = Field(examples=["/v1/jobs/job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    model: str | None


class JobEventData(View):
    """What happened to a job. Read the job for more: it may have changed since."""

    id: str = Field(examples=["job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    state: Literal["running", "succeeded", "failed", "canceled", "paused"]
    attempt: int = Field(description="How many workers have started the job.")
    stop_reason: str | None
    error_code: str | None
    model_id: str | None
    links: JobEventLinks


class JobEvent(View):
    """A job entered a new state."""

    type: Literal["job.running", "job.succeeded", "job.failed", "job.canceled", "job.paused"]
    timestamp: str = Field(description="When it happened.", examples=["2026-01-31T12:00:00.000Z"])
    data: JobEventData


class EventLinks(View):
    """Path of the resource."""

    self: str


class FinishedData(View):
    """What has ended."""

    id: str
    state: str
    links: EventLinks


class FinishedEvent(View):
    """A sweep has ended."""

    type: Literal["sweep.finished"]
    timestamp: str
    data: FinishedData


class BatchEventLinks(View):
    """Paths of the batch and its result."""

    self: str = Field(examples=["/v1/batches/bat_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    content: str | None = Field(description="Null if the batch has no result.")


class BatchEventData(View):
    """How a batch of predictions has ended."""

    id: str = Field(examples=["bat_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    state: Literal["succeeded", "failed", "canceled"]
    error_code: str | None
    links: BatchEventLinks


class BatchEvent(View):
    """A batch of predictions has ended."""

    type: Literal["batch.finished"]
    timestamp: str
    data: BatchEventData


class TestData(View):
    """The webhook that is tested."""

    id: str = Field(examples=["whk_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    links: EventLinks


class TestEvent(View):
    """A test that the owner of the webhook requested."""

    type: Literal["webhook.test"]
    timestamp: str
    data: TestData


MessageId = Annotated[str, Header(alias="webhook-id", description="The same in every attempt: ignore repeated ids.")]
Timestamp = Annotated[
    int, Header(alias="webhook-timestamp", description="When it was sent, in seconds since 1970. Reject old requests.")
]
Signature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="`v1,` and the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in Base64. "
        "During a rotation there are two, separated by a space.",
    ),
]
RESPONSES: dict[int | str, dict[str, Any]] = {
    204: {"description": "The delivery is confirmed, as by any status from 200 to 299."},
    410: {"description": "The webhook is disabled: it gets no more events."},
}


def describe(app: FastAPI) -> None:
    """Add the requests to the OpenAPI document of `app`. Nothing is served."""
    for kind in JOB_EVENTS:
        _add(app.webhooks, kind, JobEvent)
    _add(app.webhooks, "sweep.finished", FinishedEvent)
    _add(app.webhooks, "batch.finished", BatchEvent)
    _add(app.webhooks, "webhook.test", TestEvent)


def _add(router: APIRouter, kind: str, body_type: type[View]) -> None:
    def receive(body: body_type, message: MessageId, timestamp: Timestamp, signature: Signature) -> None:  # type: ignore[valid-type]
        pass  # only its signature is described: receivers implement it

    receive.__doc__ = (body_type.__doc__ or "") + " Sent to the webhooks of the project, signed (Standard Webhooks)."
    name = kind.replace(".", "_")
    router.post(kind, name=f"receive_{name}", status_code=204, tags=["webhooks"], responses=RESPONSES)(receive)
