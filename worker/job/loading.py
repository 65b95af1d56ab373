"""Load a claimed job: its data as arrays, its network and its last good checkpoint."""

import logging
from collections.abc import Sequence

from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.state import Member, TrainingState
from store.artifacts import blobs, datasets
from store.artifacts.blob_files import as_file
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.errors import BlobDamaged
from store.ids import DatasetId, JobId
from store.jobs import checkpoints
from store.tables import Job
from tabular.errors import DataError
from tabular.planning.plan import Plan
from tabular.planning.serialization import from_spec
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.training_arrays import (
    TrainingArrays,
    evaluation_columns,
    make_training_arrays,
    required_columns,
)
from tabular.reading import RowReading
from tabular.table import Table, read_table
from worker.job.initial_weights import InitialWeights, load_initial_weights
from worker.job.learning_rate import with_range_test
from worker.job.loaded_job import LoadedBag, LoadedJob, initial_state, other_members
from worker.job.networks import load_bags, load_folds

log = logging.getLogger(__name__)

MAX_CACHED_CELLS = 1_000_000  # about 10 MB


class DatasetUnusable(Exception):
    """The job's data set was deleted, or its rows contradict its profile."""


class JobLoader:
    """Loads the jobs of one process. Caches the last small table, because successive jobs often share their table."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._cached: tuple[tuple[str, ...], Table] | None = None
        self._last_reading: tuple[str, RowReading | None] | None = None  # of a data set, which never changes

    def load(self, job: Job) -> LoadedJob:
        """Load what the job's row names, up to a training state.

        Raises:
            DatasetUnusable: the data set was deleted, or its rows contradict its profile.
            InitialWeightsUnusable: the initial weights were deleted, or do not fit the network that the rows require.
        """
        plan = with_range_test(from_spec(job.spec), job.range_test)
        initial = load_initial_weights(self._sessions, job)
        arrays = self._arrays(job, plan, initial)
        bags = tuple(load_bags(plan, arrays, initial))
        folds = tuple(load_folds(plan, arrays, initial))
        return LoadedJob(
            plan=plan,
            target=arrays.target,
            bags=bags,
            folds=folds,
            fold_preprocessors=tuple(fold.preprocessor for fold in arrays.folds),
            state=_state(self._sessions, job, bags, folds),
            training_truth=arrays.training_truth,
            truth=arrays.truth,
            held_out=arrays.held_out,
            warnings=arrays.warnings,
            reading=self._reading(job),
            forecast=self._forecast(job, plan),
            last_values=arrays.last_values,
            exposure=arrays.exposure,
        )

    def _arrays(self, job: Job, plan: Plan, initial: InitialWeights | None) -> TrainingArrays:
        preprocessors, target = (initial.preprocessors, initial.target) if initial else ((), None)
        try:
            table, other = self._table(job, plan), self._validation_table(plan)
            return make_training_arrays(table, plan, other=other, preprocessors=preprocessors, target=target)
        except (DataError, ValueError, KeyError) as error:
            raise DatasetUnusable(str(error)) from error

    def _reading(self, job: Job) -> RowReading | None:
        """Return how the rows of the job's data set were read, so that rows to predict are read alike."""
        if self._last_reading is None or self._last_reading[0] != job.dataset_id:
            with snapshot(self._sessions) as tx:
                stored = datasets.reading_of(tx, DatasetId(job.dataset_id))
            self._last_reading = job.dataset_id, RowReading.of_dataset(*stored) if stored else None
        return self._last_reading[1]

    def _forecast(self, job: Job, plan: Plan) -> Forecast | None:
        """Return how rows of history make windows; None if each row is a sample."""
        if plan.sequence is None:
            return None
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


def _state(sessions: Sessions, job: Job, bags: Sequence[LoadedBag], folds: Sequence[Member]) -> TrainingState:
    """Return the state of the newest readable checkpoint, or the state before the first batch."""
    with snapshot(sessions) as tx:
        stored = checkpoints.blobs_of(tx, JobId(job.id))
    first, others = bags[0].members[0], other_members(bags, folds)
    for blob_id in stored:
        try:
            data = b"".join(blobs.read_verified(sessions, blob_id))
            return checkpoint.load(data, first.network, first.spec, first.training, others)
        except (CheckpointError, BlobDamaged) as error:
            log.warning("Skipping an unusable checkpoint: %s", error)
    return initial_state(bags, folds)
