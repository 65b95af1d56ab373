"""Events and epochs of a job: numbering, replaced epochs, downsampling."""

import itertools

from sqlalchemy import select

from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import JobId
from store.jobs import epochs, events, leases
from store.tables import Epoch, EpochLayers
from tests.support.store import claim_job, make_progress, queue_job


def test_event_numbers_have_no_gaps(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        leases.release(tx, lease)
    with snapshot(sessions) as tx:
        rows = events.after(tx, JobId(job.id), 0, 100)
    assert [(row.number, row.type) for row in rows] == [(1, "job.queued"), (2, "job.running"), (3, "job.queued")]


def test_repeated_epochs_replace_those_of_the_lost_attempt(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        leases.record(tx, lease, 30, make_progress(epochs={e: {"train_loss": 9.0} for e in (1, 2, 3)}))
        leases.record(tx, lease, 30, make_progress(epochs={2: {"train_loss": 1.0}}))
        rows = epochs.downsampled(tx, job.id, 0, 100)
    assert [(row.epoch, row.metrics["train_loss"]) for row in rows] == [(1, 9.0), (2, 1.0)]


def test_record_deletes_later_epochs_of_a_lost_attempt(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        leases.record(tx, lease, 30, make_progress(epoch=3, epochs={e: {"train_loss": 9.0} for e in (1, 2, 3)}))
        leases.record(tx, lease, 30, make_progress(epoch=1))
        assert [row.epoch for row in epochs.downsampled(tx, job.id, 0, 100)] == [1]


def test_labels_of_layers_are_stored_once_and_returned_in_each_epoch(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    layers = [{"label": "dense 1", "gradient": 0.25, "dead": None}, {"label": "output", "gradient": 2.0, "dead": 0.5}]
    renamed = [{**layers[0], "label": "dense"}]
    recorded = {1: {"train_loss": 3.0, "layers": layers}, 2: {"train_loss": 2.0}, 3: {"layers": renamed}}
    with transaction(sessions) as tx:
        leases.record(tx, lease, 30, make_progress(epochs=recorded))
        leases.record(tx, lease, 30, make_progress(epochs={4: {"train_loss": 1.0, "layers": layers[::-1]}}))
        leases.record(tx, lease, 30, make_progress(epochs={5: {"train_loss": 1.0, "layers": layers}}))
    with snapshot(sessions) as tx:
        rows = epochs.downsampled(tx, job.id, 0, 100)
        shown = [event.data for event in events.after(tx, JobId(job.id), 0, 100) if event.type == "job.epoch"]
        stored = {row.epoch: (row.metrics, row.layers) for row in tx.scalars(select(Epoch))}
        measured = tx.scalars(select(Epoch.epoch).where(Epoch.layers.is_not(None)).order_by(Epoch.epoch)).all()
        assert tx.scalars(select(EpochLayers.labels)).all() == [["dense 1", "output"]]
    assert {row.epoch: row.metrics for row in rows} == {
        **recorded,
        4: {"train_loss": 1.0, "layers": layers[::-1]},
        5: {"train_loss": 1.0, "layers": layers},
    }
    assert shown == [{"epoch": row.epoch, **row.metrics} for row in rows]
    assert stored[1] == ({"train_loss": 3.0}, [[0.25, None], [2.0, 0.5]])
    assert measured == [1, 5]
    assert stored[3] == ({"layers": renamed}, None), "other layers are stored with their labels"


def test_downsampled_epochs_are_evenly_spaced_and_end_with_the_newest(sessions: Sessions) -> None:
    job = queue_job(sessions)
    with transaction(sessions) as tx:
        epochs.append(tx, job.id, 251, 250, {e: {"train_loss": 1 / e} for e in range(1, 251)})
        rows = [row.epoch for row in epochs.downsampled(tx, job.id, after=0, max_points=50)]
    assert len(rows) == 50
    assert rows[-1] == 250
    assert len({later - earlier for earlier, later in itertools.pairwise(rows)}) == 1
