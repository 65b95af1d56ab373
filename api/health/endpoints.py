"""/healthz and /readyz: whether this process is alive, and whether the whole service can work."""

from contextlib import AbstractContextManager
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from api.dependencies import AppServices
from api.health.schemas import HealthView, ReadinessView
from api.openapi.headers import header_reference
from messaging.broker_health import BrokerRefusesWrites, check_broker
from service.bootstrap import Services
from service.command_name import COMMAND
from store.artifacts.object_storage import ObjectStorage, ObjectStorageUnavailable, storage_of
from store.db.database import journal_mode
from store.db.schema import needed_version, version_of
from store.db.transaction import Tx, snapshot
from store.jobs import jobs, workers

STATEMENT_SECONDS = 1.0  # longer than any statement of the service locks a table

NOT_READY: dict[str, Any] = {
    "model": ReadinessView,
    "description": "Not ready, for the reasons in the body.",
    "headers": {"Retry-After": header_reference("Retry-After")},
}
router = APIRouter(tags=["health"])  # probes may send any query parameters


@router.get("/healthz")
def healthz() -> HealthView:
    """Return whether this process is alive."""
    return HealthView()


@router.get("/readyz", response_model=ReadinessView, responses={503: NOT_READY})
def readyz(services: AppServices) -> Response:
    """Return whether database, schema, broker and workers are ready, with the reasons if not."""
    checks = {"database": _database(services), "broker": _broker(services), "workers": _workers(services)}
    if (storage := storage_of(services.sessions)) is not None:
        checks["object_storage"] = _object_storage(storage)
    reasons = [reason for reason in checks.values() if reason]
    body = {
        "status": "not_ready" if reasons else "ready",
        "checks": {name: reason or "ok" for name, reason in checks.items()},
        "reasons": reasons,
        "journal_mode": _journal_mode(services),
    }
    return JSONResponse(body, 503 if reasons else 200, {"Retry-After": "1"} if reasons else None)


def _database(services: Services) -> str | None:
    try:
        with _reading(services) as tx:
            current = version_of(tx)
    except (SQLAlchemyError, OSError):
        return "the database cannot be reached: start it, or check BACKPROP_DATABASE_URL"
    if current != needed_version():
        return f"the database has schema {current}, this version needs {needed_version()}: run {COMMAND} migrate"
    try:
        with _reading(services) as tx:
            jobs.probe(tx)
    except SQLAlchemyError:
        return "the table jobs cannot be read: another session of the database holds a lock on it"
    return None


def _workers(services: Services) -> str | None:
    try:
        with _reading(services) as tx:
            live = workers.count_live(tx, workers.LIVE_HEARTBEATS * services.settings.heartbeat_seconds)
    except (SQLAlchemyError, OSError):
        return "workers cannot be counted because the database cannot be reached"
    return None if live else "no worker is alive: start one, or check the logs of the workers"


def _reading(services: Services) -> AbstractContextManager[Tx]:
    return snapshot(services.sessions, statement_seconds=STATEMENT_SECONDS)


def _broker(services: Services) -> str | None:
    try:
        check_broker(services.settings.broker)
    except BrokerRefusesWrites:
        return "the broker rejects writes: check its memory, its disk and its replicas"
    except (OperationalError, OSError):
        return "the broker cannot be reached: start it, or check BACKPROP_BROKER_URL and BACKPROP_REDIS_URL"
    return None


def _object_storage(storage: ObjectStorage) -> str | None:
    try:
        storage.check()
    except ObjectStorageUnavailable:
        return "object storage cannot be used: start it, or check BACKPROP_BLOB_URL, its credentials and its bucket"
    return None


def _journal_mode(services: Services) -> str | None:
    try:
        return journal_mode(services.engine)
    except SQLAlchemyError:
        return None
