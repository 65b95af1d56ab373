"""Predict the rows of one batch, and act between two blocks on requests and shutdown."""

import logging
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from service.predictions.loaded_models import LoadedModels
from store.artifacts import blobs, datasets
from store.artifacts.blob_files import as_file
from store.artifacts.blobs import BlobInfo
from store.db.transaction import snapshot
from store.errors import BlobDamaged
from store.ids import JobId, ProjectId
from store.jobs import checkpoints
from store.tables import Job
from tabular.batches.dataset_answers import AnswerRequest, DatasetAnswers
from tabular.batches.table_file import TableFile
from tabular.profile import Profile
from worker.attempt.outcomes import Answered, Canceled, Interrupted, Outcome
from worker.batch.recorder import BatchRecorder
from worker.context import WorkerContext
from worker.held_lease import HeldLease

ROWS_BYTES = 8  # of the number of rows, with which a checkpoint begins


log = logging.getLogger(__name__)


class Ended(Exception):
    """A request or a shutdown ends the attempt."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class BatchRun:
    """One attempt at a batch in this process. Raises `LeaseLost` when the batch belongs to another worker."""

    def __init__(
        self, context: WorkerContext, models: LoadedModels, batch: Job, held_lease: HeldLease, recorder: BatchRecorder
    ) -> None:
        self._sessions = context.sessions
        self._is_draining = context.is_draining
        self._models = models
        self._batch = batch
        self._held_lease = held_lease
        self._recorder = recorder

    def predict(self) -> Outcome:
        """Answer all rows and store the result."""
        try:
            return self._predict()
        except Ended as ended:
            return ended.outcome

    def _predict(self) -> Outcome:
        self._check_for_end()
        answers, blob_id = self._load()
        total = self._batch.spec["rows"]
        with as_file(self._sessions, blob_id) as parquet:
            first = answers.block(parquet, range(min(total, 1)))
            with TableFile(first) as file:
                for rows in answers.blocks(self._restore(file), total):
                    file.append(answers.block(parquet, rows))
                    self._recorder.add(len(rows))
                    self._between_blocks(file)
                with file.file(self._batch.spec["format"]) as result:
                    stored = self._store(result)
        return Answered(blob_id=stored.id, rows=total)

    def _load(self) -> tuple[DatasetAnswers, str]:
        """Return how the rows are answered, and the blob of the data set."""
        batch, spec = self._batch, self._batch.spec
        project = ProjectId(batch.project_id)
        model = self._models.get(project, spec["model_id"])
        with snapshot(self._sessions) as tx:
            dataset = datasets.get_of_job(tx, batch.dataset_id)
        profile = Profile.from_json({"rows": dataset.rows, "columns": dataset.columns})
        request = AnswerRequest(keys=tuple(spec["key_columns"]), interval=spec["interval"])
        return DatasetAnswers.plan(model, profile, request), dataset.blob_id

    def _restore(self, file: TableFile) -> int:
        """Continue with the newest readable checkpoint; return how many rows it has."""
        with snapshot(self._sessions) as tx:
            stored = checkpoints.blobs_of(tx, JobId(self._batch.id))
        for blob_id in stored:
            chunks = blobs.read_verified(self._sessions, blob_id)
            try:
                first = next(chunks)
                file.restore(chain([first[ROWS_BYTES:]], chunks))
            except BlobDamaged as error:
                log.warning("Skipping an unusable checkpoint: %s", error)
                file.clear()
            else:
                rows = int.from_bytes(first[:ROWS_BYTES], "little")
                self._recorder.resume(rows)
                return rows
        return 0

    def _between_blocks(self, file: TableFile) -> None:
        """End the attempt if something requires it. Otherwise write the progress and the checkpoint that are due."""
        self._check_for_end()
        self._held_lease.check()
        if self._recorder.record_is_due:
            self._recorder.write_progress()
            self._check_for_end()
        if self._recorder.checkpoint_is_due and self._recorder.rows < self._batch.spec["rows"]:
            with file.content() as written:
                self._recorder.write_checkpoint(self._watched(_checkpoint_chunks(self._recorder.rows, written)))

    def _check_for_end(self) -> None:
        if self._held_lease.requested == "cancel":
            raise Ended(Canceled())
        if self._is_draining():
            raise Ended(Interrupted())

    def _store(self, result: BinaryIO) -> BlobInfo:
        return blobs.write(self._sessions, self._watched(blobs.chunks_of_file(result)))

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the chunks, unless something ends the attempt meanwhile."""
        for chunk in chunks:
            self._check_for_end()
            self._held_lease.check()
            yield chunk


def _checkpoint_chunks(rows: int, written: BinaryIO) -> Iterator[bytes]:
    """Yield the number of rows, and then the file with them. All chunks but the last have the full size."""
    yield rows.to_bytes(ROWS_BYTES, "little") + written.read(blobs.CHUNK_BYTES - ROWS_BYTES)
    yield from blobs.chunks_of_file(written)
