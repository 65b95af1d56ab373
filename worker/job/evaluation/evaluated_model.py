"""Make the model of a job from its trained networks, and evaluate it as it is served."""

from dataclasses import dataclass, replace
from typing import Any

from tabular.evaluation.assessment import assess
from tabular.evaluation.last_value import evaluate_last_value
from tabular.trained_model.average_inputs import AverageInputs
from tabular.trained_model.baseline_hazard import with_baseline_hazard
from tabular.trained_model.trained_model import TrainedModel
from worker.job.evaluation.held_out import HeldOutAnswers, answer_held_out, blend, describe_bags
from worker.job.evaluation.unseen_rows import training_flops, unseen_rows
from worker.job.loaded_job import LoadedJob


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedModel:
    """A model with its calibration and intervals, its evaluation, and the weights of the job's bags in it.

    evaluation: JSON values; None if all rows were used for training.
    """

    model: TrainedModel
    evaluation: dict[str, Any] | None
    weights: tuple[float, ...]


def evaluate_model(loaded: LoadedJob) -> EvaluatedModel:
    """Blend the networks, which have their final weights, and evaluate them on the rows that they did not train on."""
    answers = answer_held_out(loaded)
    weights = blend(loaded, answers)
    used = [bag for bag, weight in zip(loaded.bags, weights, strict=True) if weight]
    averages = tuple(AverageInputs.of(bag.rows.x, bag.members[0].network) for bag in used)
    blended = with_baseline_hazard(loaded.blended(weights), [bag.rows for bag in used])
    model = replace(blended, averages=averages)
    if answers is None:
        return EvaluatedModel(model=model, evaluation=None, weights=weights)
    assessment = assess(
        model,
        unseen_rows(loaded, weights),
        answers.mean(weights),
        training_truth=loaded.training_truth,
        training_flops=training_flops(loaded),
    )
    evaluation = assessment.evaluation | _about_the_job(loaded, answers, weights)
    return EvaluatedModel(model=assessment.model, evaluation=evaluation, weights=weights)


def _about_the_job(loaded: LoadedJob, answers: HeldOutAnswers, weights: tuple[float, ...]) -> dict[str, Any]:
    """Return what an evaluation says beside its scores, as JSON values."""
    found: dict[str, Any] = {"weighted": False}  # each row counts once, whatever its sample weight
    if loaded.last_values:
        found["last_value"] = evaluate_last_value(loaded.target, loaded.truth, loaded.last_values)
    if loaded.plan.ensemble:
        found["bags"] = describe_bags(loaded, answers, weights)
    return found | {"validation": loaded.held_out | {"out_of_fold": bool(answers.fold_rows)}}
