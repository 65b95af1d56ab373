"""Predictions answered in front of the framework have the answers of the endpoint."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.models import fast_predictions
from tabular.trained_model.trained_model import TrainedModel

ROW = '{"length": 0.1, "width": 2.9, "color": "red"}'
BODIES = {  # and whether they are answered in front of the framework
    f'{{"rows": [{ROW}]}}': True,
    f'{{"rows": [{ROW}, {{"length": "4.1", "color": "violet"}}]}}': True,
    f'{{"rows": [{ROW}], "explain": false}}': False,
    f'{{"rows": [{ROW}], "x": 1}}': False,
    '{"rows": []}': False,
    '{"rows": [1]}': False,
    '{"rows": [{"length": NaN}]}': False,
    '{"rows": [{"length": 1, "length": 2}]}': False,
    '{"rows": [{"Color": "red"}]}': False,
    '{"rows": [{"length": "long"}]}': False,
    '{"rows": ': False,
}
HEADERS: dict[str, dict[str, str]] = {
    "id": {"X-Request-Id": "mine"},
    "wrong id": {"X-Request-Id": "not valid"},
    "wrong key": {"Authorization": "Bearer bp_live_wrong"},
    "foreign host": {"Host": "elsewhere"},
    "foreign origin": {"Origin": "http://elsewhere"},
    "wrong type": {"Content-Type": "text/plain"},
}


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Notes the answers that were sent in front of the framework."""
    answered: list[bytes] = []
    respond = fast_predictions._respond

    async def note(body: bytes, *others: Any) -> None:
        answered.append(body)
        await respond(body, *others)

    monkeypatch.setattr(fast_predictions, "_respond", note)
    return answered


def answer(client: TestClient, url: str, body: str, headers: dict[str, str]) -> tuple[int, list[Any], Any]:
    """Return a whole answer, without the generated id and the requests that are left."""
    response = client.post(url, content=body, headers={"Content-Type": "application/json"} | headers)
    varying = {"ratelimit"} | (set() if headers.get("X-Request-Id") == "mine" else {"x-request-id"})
    fixed = sorted((name, value) for name, value in response.headers.multi_items() if name not in varying)
    content = response.json()
    content.pop("request_id", None)
    return response.status_code, [each for each in fixed if each[0] != "content-length"], content


def test_fast_answers_are_those_of_the_endpoint(
    client: TestClient, model: dict[str, Any], fast: list[bytes], subtests: pytest.Subtests
) -> None:
    url = f"/v1/models/{model['id']}/predictions"
    assert client.post(url, json={"rows": [{"length": 1}]}).status_code == 200  # loads the model
    whole = next(iter(BODIES))
    cases = [*((body, body, {}) for body in BODIES), *((name, whole, each) for name, each in HEADERS.items())]
    for name, body, headers in cases:
        with subtests.test(name):
            before = len(fast)
            found = answer(client, url, body, headers)
            assert (len(fast) > before) == (BODIES.get(name, False) or name in {"id", "wrong id"})
            assert found == answer(client, url, body, headers | {"Prefer": "handling=lenient"})


def test_an_alias_is_answered_fast_once_it_was_looked_up(
    client: TestClient, model: dict[str, Any], fast: list[bytes]
) -> None:
    url, body = "/v1/aliases/churn.live/predictions", next(iter(BODIES))
    client.put("/v1/aliases/churn.live", json={"model_id": model["id"]})
    first = answer(client, url, body, {})
    assert (first[2]["model_id"], fast) == (model["id"], [])
    client.app.state.services.aliased_models._clock = lambda: 0.0  # type: ignore[attr-defined]  # never too old
    assert answer(client, url, body, {}) == first
    assert len(fast) == 1
    client.delete("/v1/aliases/churn.live")
    assert answer(client, url, body, {})[0] == 404


def test_an_unexpected_error_is_reported_by_the_endpoint(
    client: TestClient, model: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/v1/models/{model['id']}/predictions"
    assert client.post(url, json={"rows": [{"length": 1}]}).status_code == 200  # loads the model

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(TrainedModel, "predict_each", fail)
    failed = client.post(url, json={"rows": [{"length": 1}]})
    assert (failed.status_code, failed.json()["request_id"]) == (500, failed.headers["X-Request-Id"])
