"""/healthz and /readyz."""

from fastapi.testclient import TestClient


def test_without_a_worker_the_service_is_healthy_but_not_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "ok",
        "broker": "ok",
        "workers": "no worker is alive: start one, or check the logs of the workers",
    }
