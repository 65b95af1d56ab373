"""Load a claimed job: its data as arrays, the network, and the last good checkpoint."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from engine.batches import Rows
from engine.network import Network
from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.state import TrainingState, initialize_training
from store.artifacts import blobs, datasets
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.errors import BlobDamaged
from store.ids import DatasetId, JobId
from store.jobs import checkpoints
from store.tables import Job
from tabular.errors import DataError
from tabular.planning.plan import Plan
from tabular.planning.serialization import from_spec
from tabular.preprocessing import training_arrays
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.table import Table, read_table
from worker.job.initialization import load_base
from worker.job.learning_rate import rated

log = logging.getLogger(__name__)

MAX_CELLS = 1_000_000  # of a table that is remembered: some 10 MB


class DatasetUnusable(Exception):
    """The job's data set cannot be trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that training needs, in this process."""

    plan: Plan
    preprocessor: Preprocessor
    target: TargetEncoder
    network: Network
    state: TrainingState
    training: Rows
    validation: Rows | None

    def at_rate(self, kept: dict[str, Any]) -> Self:
        """The same before its first batch, at the learning rate that a range test found."""
        plan = rated(self.plan, kept)
        return replace(self, plan=plan, state=initialize_training(self.network, plan.training, self.training))


class JobLoader:
    """Prepares the jobs of one process, and remembers the last small table: jobs on one table often follow another."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._last: tuple[tuple[str, ...], Table] | None = None

    def load(self, job: Job) -> Prepared:
        """Everything from the job's row to a state to train on.

        Raises:
            DatasetUnusable: the data set is gone, or its rows do not bear out what its profile promised.
            BaseUnusable: what the job starts from is gone, or does not fit what the rows make of the network.
        """
        plan = rated(from_spec(job.spec), job.range_test)
        base = load_base(self._sessions, job)
        try:
            preprocessor, target = (base.preprocessor, base.target) if base else (None, None)
            arrays = training_arrays.make_training_arrays(
                self._table(job, plan), plan, preprocessor=preprocessor, target=target
            )
        except (DataError, ValueError, KeyError) as error:
            raise DatasetUnusable(str(error)) from error
        network = Network(
            plan.layers,
            inputs=arrays.preprocessor.width,
            outputs=arrays.target.outputs,
            loss=plan.loss,
            precision=plan.training.precision,
        )
        if base:
            base.hand_over(network, arrays.preprocessor, arrays.target, plan.training.seed)
        training = Rows(arrays.x, arrays.y, arrays.sample_weights)
        return Prepared(
            plan=plan,
            preprocessor=arrays.preprocessor,
            target=arrays.target,
            network=network,
            state=_state(self._sessions, job, network, plan, training),
            training=training,
            validation=Rows(arrays.validation_x, arrays.validation_y, arrays.validation_sample_weights)
            if len(arrays.validation_rows)
            else None,
        )

    def _table(self, job: Job, plan: Plan) -> Table:
        with snapshot(self._sessions) as tx:
            blob_id = datasets.blob_of(tx, DatasetId(job.dataset_id))
        if blob_id is None:
            raise DatasetUnusable("it was deleted")
        columns = training_arrays.required_columns(plan)
        wanted = (blob_id, *columns)
        if self._last is None or self._last[0] != wanted:
            with as_file(self._sessions, blob_id) as path:
                table = read_table(path, columns)
            self._last = (wanted, table) if table.rows * len(columns) <= MAX_CELLS else None
            return table
        return self._last[1]


@contextmanager
def as_file(sessions: Sessions, blob_id: str) -> Iterator[Path]:
    """The path of a file with the blob's bytes; it is in no folder, so that nothing is left when this process dies."""
    with tempfile.TemporaryFile(prefix="backprop-") as file:
        for chunk in blobs.read_verified(sessions, blob_id):
            file.write(chunk)
        file.flush()
        yield Path(f"/dev/fd/{file.fileno()}")


def _state(sessions: Sessions, job: Job, network: Network, plan: Plan, rows: Rows) -> TrainingState:
    """The state of the newest checkpoint that can be read, or the one before the first batch."""
    with snapshot(sessions) as tx:
        stored = checkpoints.blobs_of(tx, JobId(job.id))
    for blob_id in stored:
        try:
            return checkpoint.load(b"".join(blobs.read_verified(sessions, blob_id)), network, plan.training, rows)
        except (CheckpointError, BlobDamaged) as error:
            log.warning("a checkpoint of %s cannot be used, going on from the one before: %s", job.id, error)
    return initialize_training(network, plan.training, rows)
