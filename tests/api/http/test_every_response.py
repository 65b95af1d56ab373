"""What every response has: a request id, and a problem document without internal details if it is an error."""

from fastapi.testclient import TestClient

from service.settings import Settings
from tests.support.api import upload
from tests.support.tables import flowers


def test_every_response_has_a_request_id_or_echoes_the_clients(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "mine-1"}).headers["X-Request-Id"] == "mine-1"
    rejected = client.get("/v1/jobs/job_1")
    assert rejected.json()["request_id"] == rejected.headers["X-Request-Id"]
    assert client.get("/healthz", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"].startswith("req_")


def test_a_wrong_method_gets_a_problem_document(client: TestClient) -> None:
    answer = client.put("/v1/jobs")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Allow" in answer.headers


def test_an_unreachable_database_is_a_503_without_internal_details(settings: Settings) -> None:
    from api.app import create_app

    away = Settings(data=settings.data, database_url="postgresql://nobody@127.0.0.1:1/x", redis_url=settings.redis_url)
    with TestClient(create_app(away), base_url="http://localhost", raise_server_exceptions=False) as client:
        answer = client.get("/v1/jobs")
        assert (answer.status_code, answer.json()["code"], "Retry-After" in answer.headers) == (
            503,
            "unavailable",
            True,
        )
        assert "127.0.0.1" not in answer.text


def test_jobs_are_accepted_while_the_broker_is_down(settings: Settings) -> None:
    from api.app import create_app

    away = Settings(data=settings.data, database_url=settings.database_url, redis_url="redis://127.0.0.1:1/0")
    with TestClient(create_app(away), base_url="http://localhost") as client:
        body = {"dataset_id": upload(client, flowers())["id"], "target": "kind"}
        answer = client.post("/v1/jobs", json=body)
        assert (answer.status_code, answer.json()["state"]) == (201, "queued")
        assert answer.elapsed.total_seconds() < 1
        assert client.get("/readyz").json()["checks"]["broker"].startswith("the broker cannot be reached: ")
