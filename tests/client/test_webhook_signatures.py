"""Signatures are those of the reference library, and everything else is refused."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from backprop_client import verify_webhook
from backprop_client.errors import InvalidSignatureError

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "job.succeeded", "timestamp": "2026-11-30T09:00:00.000Z", "data": {"job_id": "job_1"}}'
SENT_AT = 1_764_500_000


def headers(body: str = BODY, secret: str = SECRET) -> dict[str, str]:
    signature = Webhook(secret).sign("evt_1", datetime.fromtimestamp(SENT_AT, UTC), body)
    return {"webhook-id": "evt_1", "webhook-timestamp": str(SENT_AT), "webhook-signature": signature}


@pytest.mark.parametrize("form", [str, str.encode])
@pytest.mark.parametrize("names", [str.lower, str.title])
def test_a_request_of_the_service_is_accepted(form: type, names: type) -> None:
    sent = {names(name): value for name, value in headers().items()}
    event = verify_webhook(form(BODY), sent, SECRET, clock=lambda: SENT_AT + 10)
    assert (event.type, event.data) == ("job.succeeded", {"job_id": "job_1"})


def test_one_of_several_signatures_is_enough() -> None:
    """As while a secret is rotated."""
    rotated = headers(secret="whsec_" + "A" * 32)["webhook-signature"]
    sent = headers() | {"webhook-signature": f"{rotated} {headers()['webhook-signature']}"}
    assert verify_webhook(BODY, sent, SECRET, clock=lambda: SENT_AT).type == "job.succeeded"


@pytest.mark.parametrize(
    ("body", "changes", "now"),
    [
        (BODY.replace("job_1", "job_2"), {}, SENT_AT),
        (BODY, {"webhook-id": "evt_2"}, SENT_AT),
        (BODY, {"webhook-timestamp": str(SENT_AT + 1)}, SENT_AT),
        (BODY, {"webhook-timestamp": "now"}, SENT_AT),
        (BODY, {"webhook-signature": ""}, SENT_AT),
        (BODY, {"webhook-signature": "v1,AAAA"}, SENT_AT),
        (BODY, {}, SENT_AT + 301),
        (BODY, {}, SENT_AT - 301),
    ],
)
def test_other_requests_are_refused(body: str, changes: dict[str, str], now: float) -> None:
    with pytest.raises(InvalidSignatureError):
        verify_webhook(body, headers() | changes, SECRET, clock=lambda: now)
