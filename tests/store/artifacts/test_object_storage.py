"""Blobs in object storage: jobs, damage, deletion and outages, on a real S3-compatible server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import from_url
from sqlalchemy import func, select, update
from starlette.requests import Request

from api.http.problems import error_response
from service.settings import Settings
from store.artifacts import blobs, object_storage
from store.artifacts.blobs import CHUNK_BYTES, ORPHAN_MILLISECONDS, chunks_of
from store.artifacts.object_storage import OBJECT_STORAGE, PART_BYTES, ObjectStorage, ObjectStorageUnavailable
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.errors import BlobDamaged, BlobGone
from store.jobs import deletions
from store.tables import Blob, BlobChunk
from tests.support.object_server import ObjectServer
from tests.support.proxy import Proxy
from tests.support.worker_fixture import WorkerFixture, make_worker_fixture, wait_until

DATA = bytes(range(256)) * (CHUNK_BYTES // 256) * 2 + b"the end"
LARGE = DATA * (2 * PART_BYTES // len(DATA) + 1)  # more than two requests


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectServer]:
    server = ObjectServer()
    try:
        yield server.start()
    finally:
        server.destroy()


@pytest.fixture
def url(server: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of the test's own. The client finds the server by its environment."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://backprop/{tmp_path.name}"


@pytest.fixture
def sessions(database_url: str, url: str) -> Iterator[Sessions]:
    engine = open_database(database_url)
    yield open_sessions(engine, {OBJECT_STORAGE: ObjectStorage(url)})
    engine.dispose()


@pytest.fixture
def objects(url: str) -> Callable[[], list[str]]:
    """Lists the names of the objects."""
    store = from_url(url, client_options={"allow_http": True})
    return lambda: [each["path"] for page in obstore.list(store) for each in page]


def test_blobs_are_objects_until_they_are_deleted(sessions: Sessions, objects: Callable[[], list[str]]) -> None:
    for data in (b"", DATA, LARGE):
        info = blobs.write(sessions, chunks_of(data))
        with snapshot(sessions) as tx:
            assert blobs.info(tx, info.id) == info
        assert info.is_object
        assert b"".join(blobs.read_verified(sessions, info.id)) == data
        start, stop = len(data) // 3, len(data) - len(data) // 5
        assert b"".join(blobs.read(sessions, info.id, start, stop)) == data[start:stop]
        assert objects() == [info.id]
        with transaction(sessions) as tx:
            assert tx.scalar(select(func.count()).select_from(BlobChunk)) == 0
            blobs.remove(tx, [info.id])
        assert objects() == [info.id]
        blobs.remove_objects(sessions)
        assert objects() == []


def test_objects_of_failed_writes_are_deleted(sessions: Sessions, objects: Callable[[], list[str]]) -> None:
    def broken() -> Iterator[bytes]:
        yield from chunks_of(LARGE)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.write(sessions, broken())
    left_behind = blobs.write(sessions, chunks_of(DATA)).id
    with transaction(sessions) as tx:
        tx.execute(update(Blob).values(created_at=Blob.created_at - ORPHAN_MILLISECONDS - 1000))
    blobs.remove_orphans(sessions)
    assert objects() == [left_behind]
    blobs.remove_objects(sessions)
    assert objects() == []
    with snapshot(sessions) as tx:
        assert tx.scalar(select(func.count()).select_from(Blob)) == 0


def test_missing_objects_are_damage_unless_the_blob_was_deleted(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(LARGE))
    reading = blobs.read(sessions, info.id)
    next(reading)
    storage = object_storage.storage_of(sessions)
    assert storage is not None
    storage.remove([info.id])
    with pytest.raises(BlobDamaged, match="its object is missing"):
        b"".join(blobs.read(sessions, info.id))
    with transaction(sessions) as tx:
        blobs.remove(tx, [info.id])
    with pytest.raises(BlobGone):
        b"".join(reading)


def test_blobs_of_the_database_stay_readable_and_objects_need_the_setting(sessions: Sessions) -> None:
    without = open_sessions(sessions.kw["bind"])
    old, new = blobs.write(without, chunks_of(DATA)).id, blobs.write(sessions, chunks_of(DATA)).id
    assert b"".join(blobs.read_verified(sessions, old)) == DATA
    with pytest.raises(ObjectStorageUnavailable, match="BACKPROP_BLOB_URL is not set"):
        b"".join(blobs.read_verified(without, new))


@pytest.fixture
def outage(server: ObjectServer, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy in front of the server, for clients that are opened later. They give up soon."""
    proxy = Proxy(server.environment()["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    for name, seconds in {"CONNECT_TIMEOUT": 1, "TIMEOUT": 1, "RETRY_TIMEOUT": 1}.items():
        monkeypatch.setattr(object_storage, name, seconds)
    assert url
    yield proxy
    proxy.close()


@pytest.fixture
def worker(sqlite_url: str, valkey_url: str, url: str, outage: Proxy, tmp_path: Path) -> Iterator[WorkerFixture]:
    """A worker that keeps bytes in object storage, which it reaches through the proxy."""
    assert outage
    settings = Settings(data=tmp_path, database_url=sqlite_url, redis_url=valkey_url, blob_url=url, record_seconds=0.02)
    fixture = make_worker_fixture(settings, tmp_path)
    yield fixture
    fixture.close()


def test_a_job_survives_an_outage(worker: WorkerFixture, outage: Proxy, objects: Callable[[], list[str]]) -> None:
    dataset_id = worker.upload()
    undisturbed = worker.train(dataset_id, training={"epochs": 3})
    outage.drop(new=True)
    job_id = worker.queue(dataset_id, training={"epochs": 3})
    worker.start()
    wait_until(lambda: worker.job(job_id).state == "running")
    wait_until(lambda: worker.job(job_id).state == "queued")
    outage.drop(new=False)
    wait_until(lambda: worker.job(job_id).state == "succeeded")
    assert worker.job(job_id).attempt == 1  # interruptions by the outage are not charged
    assert worker.weights_hash(job_id) == worker.weights_hash(undisturbed.id)
    assert len(objects()) == 3  # a data set and two models
    with transaction(worker.sessions) as tx:
        deletions.erase(tx, [job_id])
    blobs.remove_objects(worker.sessions)
    assert len(objects()) == 2


def test_an_outage_is_reported_to_callers(worker: WorkerFixture, outage: Proxy) -> None:
    info = blobs.write(worker.sessions, chunks_of(DATA))
    outage.drop(new=True)
    with pytest.raises(ObjectStorageUnavailable) as caught:
        b"".join(blobs.read(worker.sessions, info.id))
    response = error_response(Request({"type": "http"}), caught.value)
    assert response.status_code == 503
    assert b"object storage cannot be reached" in bytes(response.body)


@pytest.mark.parametrize("url", ["bucket", "https://example.com/bucket"])
def test_other_urls_are_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="s3://BUCKET/FOLDER"):
        Settings(blob_url=url)
