"""How much processor time a job needs after its last batch: to end the epoch, and to evaluate and store its model."""

import time
from dataclasses import dataclass
from itertools import starmap

from engine.memory import Array
from engine.network import BLOCK_ROWS
from engine.training.state import Member
from tabular.evaluation.assessment import IMPORTANCE_SHARE, MIN_IMPORTANCE_FLOPS
from tabular.evaluation.importance import MAX_ROWS, REPEATS
from worker.job.evaluation.model_contributions import MAX_SAMPLE_ROWS
from worker.job.evaluation.unseen_rows import training_flops
from worker.job.loaded_job import LoadedJob

BACKWARD = 2.5  # the time of a forward and a backward pass, relative to a forward pass on large batches
FIXED_SECONDS = 0.06  # scores, curves, JSON, and the transaction that stores the model
ROW_SECONDS = 3e-6  # per evaluated row and output: sorting and counting for the scores
SAFETY = 1.3  # what is not used of a budget is not lost, but what exceeds it is
PASSES = 4
STEPS = 6  # passes like a batch to measure a step and the statistics of layers


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationWork:
    """Seconds of processor time, estimated from forward passes that were timed."""

    epoch_end: float
    evaluation: float


def measure_work(loaded: LoadedJob) -> EvaluationWork:
    """Time a forward pass of a network of each bag, and return what validation and evaluation take by that.

    Call it between two batches. The networks keep their weights.
    """
    forward = [_forward_seconds(bag.members[0]) for bag in loaded.bags]
    batch = max(min(loaded.plan.training.batch_size, len(loaded.training)), BLOCK_ROWS)
    of_members = [(forward[member.bag], member) for member in (loaded.first, *loaded.others)]
    validation = sum(seconds * len(member.validation or ()) for seconds, member in of_members)
    contributions = sum(seconds * min(len(member.training), MAX_SAMPLE_ROWS) for seconds, member in of_members)
    averages = sum(seconds * len(bag.rows) for seconds, bag in zip(forward, loaded.bags, strict=True))
    steps = STEPS * batch * max(forward)
    scores = ROW_SECONDS * len(loaded.truth) * loaded.network.outputs
    evaluation = 2 * validation + averages + BACKWARD * (contributions + steps) + _importance(loaded, forward) + scores
    return EvaluationWork(
        epoch_end=SAFETY * (validation + BACKWARD * BLOCK_ROWS * max(forward)),
        evaluation=FIXED_SECONDS + SAFETY * evaluation,
    )


def _importance(loaded: LoadedJob, forward: list[float]) -> float:
    """Return the time of the permutation importance, which has a limit of its own."""
    answer = sum(starmap(_flops, ((bag.members[0],) for bag in loaded.bags)))
    limit = max(MIN_IMPORTANCE_FLOPS, IMPORTANCE_SHARE * training_flops(loaded))
    rows = len(loaded.plan.features) * (REPEATS + 1) * min(MAX_ROWS, len(loaded.truth))
    return sum(forward) * min(rows, limit / max(answer, 1))


def _flops(member: Member) -> int:
    return member.network.sequential.flops()[0]


def _forward_seconds(member: Member) -> float:
    """Return the processor time of one row of a forward pass, the mean of a few passes."""
    rows = member.training.every(max(1, len(member.training) // BLOCK_ROWS))
    x = rows.take(rows.x)[:BLOCK_ROWS]
    member.network.predict(x)  # a warm cache
    return sum(_predict_seconds(member, x) for _ in range(PASSES)) / PASSES / max(len(x), 1)


def _predict_seconds(member: Member, x: Array) -> float:
    began = time.process_time()
    member.network.predict(x)
    return time.process_time() - began
