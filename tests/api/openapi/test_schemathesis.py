"""Schemathesis sends what the OpenAPI document allows and forbids, with all its checks, and finds no contradiction."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import update

from api.app import create_app
from api.settings import ApiSettings
from service.bootstrap import Services
from service.limits import ServiceLimits
from service.settings import Settings
from store.clock import now
from store.db.transaction import transaction
from store.ids import WorkerId
from store.jobs.workers import WorkerInfo, record_heartbeat
from store.tables import Worker
from tests.support.api import CSV
from tests.support.in_process_worker import in_process_worker
from tests.support.served_app import served
from tests.support.tables import flowers

SHORT, LONG = 1, 80  # cases of each kind for each operation; 130 operations and kinds give 10,000
STATUSES = ["2xx", "3xx", "401", "403", "404", "409", "412", "416", "429", "503"]  # of requests that fit their schema
DEPENDS_ON_DATA = {  # what their schemas allow can still be invalid: a table, columns, addresses, times
    "append_to_upload",
    "create_dataset",
    "create_job",
    "create_key",
    "create_webhook",
    "create_weights",
    "delete_jobs",
    "get_usage",
    "list_audit_entries",
    "predict",
    "predict_by_alias",
    "update_project",
    "update_webhook",
}
SHARE_OF_KNOWN_IDS = 0.6
HOUR_MILLISECONDS = 3_600_000
MAX_SHOWN = 1500  # characters of a failure
DESTROYS = ("delete_", "revoke_")
LIMITS = ServiceLimits(max_project_queued=100_000, max_queued=100_000)


@schemathesis.serializer("application/partial-upload", "application/x-npz", "application/x-safetensors")
def _bytes(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


pytestmark = pytest.mark.filterwarnings("ignore")  # of Schemathesis and its libraries


class Caller:
    """A client with a key, and the ids of one resource of each kind."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=url, headers=self.headers, timeout=60)
        self.ids: dict[str, str] = {}

    def create(self, work: Callable[[], None]) -> None:
        """Create one resource of each kind."""
        dataset = self.client.post("/v1/datasets", content=flowers(), headers=CSV).json()["id"]
        body = {"dataset_id": dataset, "target": "kind", "training": {"epochs": 1}}
        job = self.client.post("/v1/jobs", json=body).json()["id"]
        work()
        model = self.client.get(f"/v1/jobs/{job}").json()["model_id"]
        data = self.client.get(f"/v1/models/{model}/weights").content
        octets = {"Content-Type": "application/octet-stream"}
        weights = self.client.post("/v1/weights", content=data, headers=octets).json()["id"]
        self.ids = {"dataset_id": dataset, "job_id": job, "model_id": model, "weights_id": weights}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def caller(settings: Settings) -> Iterator[Caller]:
    """A caller of a service that is served over HTTP."""
    http = ApiSettings(bad_keys_per_minute=0, project_requests_per_second=0)  # a check sends invalid keys
    app = create_app(settings, LIMITS, http)
    with served(app, http) as url:
        body = {"name": "tester", "scopes": ["read", "write", "admin"]}
        caller = Caller(url, httpx.post(f"{url}/v1/keys", json=body).json()["key"])
        with in_process_worker(app.state.services) as work:
            caller.create(work)
        keep_worker_alive(app)
        yield caller
        caller.client.close()


@pytest.mark.proof(16, "Schemathesis, all checks", "no 5xx, no violation of the document")
def test_no_request_contradicts_the_document(
    caller: Caller, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    count = LONG if request.config.getoption("--long") else SHORT
    document = caller.client.get("/openapi.json").json()
    config = schemathesis.Config.from_dict({"checks": {"positive_data_acceptance": {"expected-statuses": STATUSES}}})
    schema = schemathesis.openapi.from_dict(document, config=config)
    trial = Trial(caller)
    for found in schema.get_all_operations():
        operation = found.ok()
        trial.send(operation, GenerationMode.POSITIVE, count)
        if operation.definition.raw.get("parameters") or "requestBody" in operation.definition.raw:
            trial.send(operation, GenerationMode.NEGATIVE, count)  # nothing else can be wrong
    record_property("figure", f"{trial.cases} cases")
    print(trial.cases, "cases")  # noqa: T201 - shown with -s and for failures
    assert not trial.failures, "\n\n".join(f"{kind}: {text}" for kind, text in trial.failures.items())


def keep_worker_alive(app: FastAPI) -> None:
    """Make the service ready for the time of the test."""
    services: Services = app.state.services
    with transaction(services.sessions) as tx:
        record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_1"), host="here", pid=1, slots=1))
        tx.execute(update(Worker).values(seen_at=now() + HOUR_MILLISECONDS))


class Trial:
    """Cases that were sent, and the first failure of each kind."""

    def __init__(self, caller: Caller) -> None:
        self.cases = 0
        self.failures: dict[str, str] = {}
        self._caller = caller
        self._choice = random.Random(1)

    def send(self, operation: Any, mode: GenerationMode, count: int) -> None:
        """Send cases of one operation: data that its schema allows, or data that it forbids."""

        @seed(1)
        @hypothesis_settings(
            max_examples=count,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            self._send(case, operation.definition.raw["operationId"], mode)

        run()

    def _send(self, case: Any, name: str, mode: GenerationMode) -> None:
        self.cases += 1
        if not name.startswith(DESTROYS) and self._choice.random() < SHARE_OF_KNOWN_IDS:
            case.path_parameters.update(
                {key: self._caller.ids.get(key, value) for key, value in case.path_parameters.items()}
            )
        if mode is GenerationMode.POSITIVE:
            case.query.pop("cursor", None)  # a cursor is opaque: only a real one is accepted
            if "idempotency-key" in case.headers:
                case.headers["idempotency-key"] = f"{self.cases}"  # one used before belongs to another request
        if "Prefer" in case.headers:
            case.headers["Prefer"] = "wait=0"
        excluded = [positive_data_acceptance] if name in DEPENDS_ON_DATA else []
        response = case.call(base_url=self._caller.url, headers=self._caller.headers, timeout=60)
        try:
            case.validate_response(response, excluded_checks=excluded, headers=self._caller.headers)
        except BaseExceptionGroup as group:
            for failure in group.exceptions:
                kind = f"{name} {mode.name} {type(failure).__name__}"
                self.failures.setdefault(
                    kind,
                    f"{failure}\n{case.as_curl_command()}\n{response.status_code} {response.content[:500]!r}"[
                        :MAX_SHOWN
                    ],
                )
