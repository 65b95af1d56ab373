"""Load a claimed job: its data as arrays, its network and its last good checkpoint."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from engine.batches import Rows
from engine.network import Network
from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.state import Member, TrainingState, initialize_training
from store.artifacts import blobs, datasets
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.errors import BlobDamaged
from store.ids import DatasetId, JobId
from store.jobs import checkpoints
from store.tables import Job
from tabular.errors import DataError
from tabular.planning.network import build_network
from tabular.planning.plan import Plan
from tabular.planning.serialization import from_spec
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.preprocessing.training_arrays import (
    FoldArrays,
    LastValues,
    TrainingArrays,
    evaluation_columns,
    make_training_arrays,
    required_columns,
)
from tabular.profile import DataWarning
from tabular.reading import RowReading
from tabular.table import Table, read_table
from tabular.trained_model.bag import Bag
from tabular.trained_model.trained_model import TrainedModel
from worker.job.initial_weights import InitialWeights, load_initial_weights
from worker.job.learning_rate import with_range_test

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

MAX_CACHED_CELLS = 1_000_000  # about 10 MB


class DatasetUnusable(Exception):
    """The job's data set was deleted, or its rows contradict its profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedJob:
    """Everything that training needs, in memory.

    `training_truth`, `truth`: the true targets of the training rows, and of the rows that evaluate the network.
    """

    plan: Plan
    preprocessor: Preprocessor
    target: TargetEncoder
    network: Network
    state: TrainingState
    training: Rows
    training_truth: Floats
    validation: Rows | None
    truth: Floats
    folds: tuple[Member, ...]
    held_out: dict[str, Any]
    warnings: tuple[DataWarning, ...]
    reading: RowReading | None
    forecast: Forecast | None
    last_values: LastValues | None

    @property
    def model(self) -> TrainedModel:
        """The model with the weights that its networks have now. It is evaluated, stored and served as it is."""
        bag = Bag(preprocessor=self.preprocessor, networks=(self.network,))
        return TrainedModel(bags=(bag,), target=self.target, reading=self.reading, forecast=self.forecast)

    def with_range_test(self, stored: dict[str, Any]) -> Self:
        """Return the job before its first batch, with the learning rate that its range test suggests."""
        plan = with_range_test(self.plan, stored)
        return replace(
            self, plan=plan, state=initialize_training(self.network, plan.training, self.training, self.folds)
        )


class JobLoader:
    """Loads the jobs of one process. Caches the last small table, because successive jobs often share their table."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._cached: tuple[tuple[str, ...], Table] | None = None

    def load(self, job: Job) -> LoadedJob:
        """Load what the job's row names, up to a training state.

        Raises:
            DatasetUnusable: the data set was deleted, or its rows contradict its profile.
            InitialWeightsUnusable: the initial weights were deleted, or do not fit the network that the rows require.
        """
        plan = with_range_test(from_spec(job.spec), job.range_test)
        initial = load_initial_weights(self._sessions, job)
        arrays = self._arrays(job, plan, initial)
        network = _network(plan, arrays.preprocessor, arrays.target, initial)
        folds = tuple(_fold(plan, fold, arrays.target, initial) for fold in arrays.folds)
        training = Rows(arrays.x, arrays.y, arrays.sample_weights)
        validation = Rows(arrays.validation_x, arrays.validation_y, arrays.validation_sample_weights)
        return LoadedJob(
            plan=plan,
            preprocessor=arrays.preprocessor,
            target=arrays.target,
            network=network,
            state=_state(self._sessions, job, network, plan, training, folds),
            training=training,
            training_truth=arrays.training_truth,
            truth=arrays.truth,
            validation=validation if len(arrays.validation_rows) else None,
            folds=folds,
            held_out=arrays.held_out,
            warnings=arrays.warnings,
            reading=self._reading(job),
            forecast=self._forecast(job, plan),
            last_values=arrays.last_values,
        )

    def _arrays(self, job: Job, plan: Plan, initial: InitialWeights | None) -> TrainingArrays:
        preprocessor, target = (initial.preprocessor, initial.target) if initial else (None, None)
        try:
            table, other = self._table(job, plan), self._validation_table(plan)
            return make_training_arrays(table, plan, other=other, preprocessor=preprocessor, target=target)
        except (DataError, ValueError, KeyError) as error:
            raise DatasetUnusable(str(error)) from error

    def _reading(self, job: Job) -> RowReading | None:
        """Return how the rows of the job's data set were read, so that rows to predict are read alike."""
        with snapshot(self._sessions) as tx:
            stored = datasets.reading_of(tx, DatasetId(job.dataset_id))
        return RowReading.of_dataset(*stored) if stored else None

    def _forecast(self, job: Job, plan: Plan) -> Forecast | None:
        """Return how rows of history make windows; None if each row is a sample."""
        with snapshot(self._sessions) as tx:
            types = datasets.column_types(tx, DatasetId(job.dataset_id))
        return Forecast.of(plan, types)

    def _table(self, job: Job, plan: Plan) -> Table:
        blob_id, columns = self._blob(job.dataset_id), required_columns(plan)
        key = (blob_id, *columns)
        if self._cached is None or self._cached[0] != key:
            with as_file(self._sessions, blob_id) as path:
                table = read_table(path, columns)
            self._cached = (key, table) if table.rows * len(columns) <= MAX_CACHED_CELLS else None
            return table
        return self._cached[1]

    def _validation_table(self, plan: Plan) -> Table | None:
        """Return the table of the user's own validation rows, if the job has such rows."""
        dataset_id = plan.training.validation.dataset_id
        if dataset_id is None:
            return None
        with as_file(self._sessions, self._blob(dataset_id)) as path:
            return read_table(path, evaluation_columns(plan))

    def _blob(self, dataset_id: str) -> str:
        with snapshot(self._sessions) as tx:
            blob_id = datasets.blob_of(tx, DatasetId(dataset_id))
        if blob_id is None:
            raise DatasetUnusable(f"{dataset_id} was deleted")
        return blob_id


@contextmanager
def as_file(sessions: Sessions, blob_id: str) -> Iterator[Path]:
    """Write the blob to a file that is in no folder, so that nothing is left if this process crashes."""
    with tempfile.TemporaryFile(prefix="backprop-") as file:
        for chunk in blobs.read_verified(sessions, blob_id):
            file.write(chunk)
        file.flush()
        yield Path(f"/dev/fd/{file.fileno()}")


def _network(plan: Plan, preprocessor: Preprocessor, target: TargetEncoder, initial: InitialWeights | None) -> Network:
    """Return a network for the inputs that the preprocessing makes, with the initial weights if there are any."""
    network = build_network(plan, preprocessor.width)
    if initial:
        initial.apply(network, preprocessor, target, plan.training.seed)
    return network


def _fold(plan: Plan, fold: FoldArrays, target: TargetEncoder, initial: InitialWeights | None) -> Member:
    network = _network(plan, fold.preprocessor, target, initial)
    return Member(network=network, training=fold.training, validation=fold.validation)


def _state(  # noqa: PLR0913, PLR0917 - what a checkpoint belongs to
    sessions: Sessions, job: Job, network: Network, plan: Plan, rows: Rows, folds: Sequence[Member]
) -> TrainingState:
    """Return the state of the newest readable checkpoint, or the state before the first batch."""
    with snapshot(sessions) as tx:
        stored = checkpoints.blobs_of(tx, JobId(job.id))
    for blob_id in stored:
        try:
            data = b"".join(blobs.read_verified(sessions, blob_id))
            return checkpoint.load(data, network, plan.training, rows, folds)
        except (CheckpointError, BlobDamaged) as error:
            log.warning("Skipping an unusable checkpoint: %s", error)
    return initialize_training(network, plan.training, rows, folds)
