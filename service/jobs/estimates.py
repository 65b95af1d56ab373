"""What a planned job needs: parameters, operations, memory and time; and whether it may need that much."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine.cost import estimate_cost
from engine.errors import PointedProblem
from service.errors import JobTooLarge
from service.jobs.prices import Price, estimated_cost
from service.limits import ServiceLimits
from store.jobs import durations
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan
from tabular.planning.validation.row_counts import rows_per_epoch

FLOAT_BYTES = {"float32": 4, "float64": 8}
CELL_BYTES = 8 + 1  # of a column as it is read: a value, and whether it is missing


def estimate_needs(limits: ServiceLimits, plan: Plan) -> dict[str, Any]:
    """Estimate what training needs, except for its duration. Raises `JobTooLarge` if a job may not need that much."""
    bag_size = plan.networks if plan.ensemble else None
    costs = [estimate_cost(build_without_memory(bag), bag.training, bag_size) for bag in plan.bags]
    parameters = plan.networks * sum(cost.parameters for cost in costs)
    memory = sum(cost.bytes for cost in costs) + _data_bytes(plan)
    _check("parameters", parameters, limits.max_parameters)
    _check("bytes of memory", memory, limits.max_job_bytes)
    flops_per_row = [cost.flops_forward + cost.flops_backward for cost in costs]
    rows = rows_per_epoch(plan) * plan.training.epochs
    flops = rows * sum(flops_per_row) + _range_test_rows(plan) * flops_per_row[0]
    return {"parameters": parameters, "flops": flops, "memory_bytes": memory}


def with_seconds(needs: dict[str, Any], runs: Sequence[durations.CompletedRun], price: Price | None) -> dict[str, Any]:
    """Return the whole estimate: what training needs, how long it takes, and what that costs."""
    duration = durations.estimate_duration(runs, needs["flops"])
    seconds = asdict(duration) if duration else None
    return {**needs, "seconds": seconds, "cost": estimated_cost(price, seconds), "start_from": None}


def _range_test_rows(plan: Plan) -> int:
    """Return the maximum number of rows that the learning-rate range test reads."""
    test, rows = plan.training.range_test, plan.training_rows
    return test.steps * min(plan.training.batch_size, rows) if test else 0


def _data_bytes(plan: Plan) -> int:
    """Return the memory of the rows: the columns as they are read, and the network's inputs."""
    columns = len(plan.features) + len(plan.parts) + (plan.sample_weight is not None)
    rows = plan.rows + (plan.validation_rows if plan.training.validation.dataset_id else 0)
    inputs = sum(bag.inputs_at_most for bag in plan.bags)
    if plan.ensemble is None:
        inputs *= 1 + (plan.training.validation.folds or 0)  # each fold has its own preprocessing
    return rows * (inputs * FLOAT_BYTES[plan.training.precision] + columns * CELL_BYTES)


def _check(what: str, value: int, maximum: int) -> None:
    if value > maximum:
        detail = f"This network needs {value:,} {what}; at most {maximum:,} are allowed. Use fewer or smaller layers."
        raise JobTooLarge([PointedProblem(pointer="/model/layers", detail=detail)])
