"""The middleware: request ids in logs, HEAD as GET, and problems for unexpected errors."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from structlog.contextvars import get_contextvars

from api.http.middleware import RequestIdMiddleware


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of an application with this middleware alone."""
    app = FastAPI()
    app.add_middleware(RequestIdMiddleware)

    @app.get("/context")
    def context() -> dict[str, object]:
        return get_contextvars()

    @app.get("/error")
    def error() -> None:
        raise ZeroDivisionError("a secret of ours")

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_logs_of_a_request_carry_its_id(client: TestClient) -> None:
    assert client.get("/context", headers={"X-Request-Id": "mine-1"}).json() == {"request_id": "mine-1"}
    assert get_contextvars() == {}


def test_head_is_answered_as_get(client: TestClient) -> None:
    assert client.head("/context").status_code == 200


def test_an_unexpected_error_is_a_problem_without_details(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get("/error", headers={"X-Request-Id": "mine-2"})
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert response.json()["request_id"] == response.headers["X-Request-Id"] == "mine-2"
    assert "secret" not in response.text
    assert "Request failed." in caplog.text
    assert "a secret of ours" in caplog.text
