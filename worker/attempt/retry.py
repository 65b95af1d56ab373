"""Decide whether a job gets another attempt."""

from store.ids import Kind
from worker.attempt.outcomes import Failed, Interrupted, Outcome, WorkerLost

DATABASE_REFUSED = Failed(
    code="internal",
    detail="The database rejected the job's results. Give the job's id to the operator: the worker's log has more.",
)
WORKER_LOST = Failed(
    code="worker_lost",
    detail="Every worker that ran this job crashed or disappeared, most likely because it ran out of memory. "
    "Use a smaller batch size, fewer units or fewer columns, and submit a new job.",
)


BATCH_WORKER_LOST = Failed(
    code="worker_lost",
    detail="Every worker that ran this batch crashed or disappeared, most likely because it ran out of memory. "
    "Use a model with fewer units or inputs, or a smaller data set, and create a new batch.",
)


def decide(outcome: Outcome, attempt: int, max_attempts: int, kind: Kind = "job") -> Outcome:
    """Return the outcome to record: `outcome`, or a failure if it would requeue a job that has no attempts left.

    A job that its owner is pausing leaves the queue anyway, so the loss of its worker does not fail it.
    """
    if attempt < max_attempts:
        return outcome
    match outcome:
        case WorkerLost(requested=requested) if requested != "pause":
            return BATCH_WORKER_LOST if kind == "batch" else WORKER_LOST
        case Interrupted(charged=True, failure=failure):
            return failure or DATABASE_REFUSED
    return outcome
