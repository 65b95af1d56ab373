"""Signatures verify with the reference library of Standard Webhooks; what was changed, is old or replayed does not."""

import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.webhooks.signing import new_secret, signed_headers

VECTOR = {  # of the specification
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": '{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"type":"job.succeeded","data":{"name":"\xc3\xa9"}}'


def test_the_vector_of_the_specification_is_signed_as_expected() -> None:
    headers = signed_headers(
        [str(VECTOR["secret"])], str(VECTOR["id"]), int(VECTOR["timestamp"]), str(VECTOR["body"]).encode()
    )
    assert headers["webhook-signature"] == VECTOR["signature"]


@pytest.mark.proof(22, "webhooks as the reference library reads them", "valid ones verify; changed, old ones do not")
def test_the_reference_library_verifies_current_requests_only() -> None:
    old_secret, secret = new_secret(), new_secret()
    now = int(time.time())
    headers = signed_headers([secret, old_secret], "evt_1", now, BODY)
    for each in (secret, old_secret):
        assert Webhook(each).verify(BODY.decode(), headers)["type"] == "job.succeeded"
    refused = [
        (BODY + b" ", headers, secret),
        (BODY, headers | {"webhook-id": "evt_2"}, secret),
        (BODY, headers | {"webhook-timestamp": str(now + 1)}, secret),
        (BODY, headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v1,A")}, secret),
        (BODY, headers, new_secret()),
        (BODY, signed_headers([secret], "evt_1", now - 600, BODY), secret),
        (BODY, signed_headers([secret], "evt_1", now + 600, BODY), secret),
    ]
    for body, changed, key in refused:
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body.decode(), changed)
