"""Find out how good a trained model is: calibrate it, score it, and learn how sure its answers are, on unseen rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.evaluation.evaluation import evaluate, main_scores
from tabular.evaluation.importance import ShuffledRows, permutation_importance
from tabular.evaluation.temperature import fit_calibration
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.uncertainty import Uncertainty, evaluate_uncertainty

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

MIN_IMPORTANCE_FLOPS = 1e9  # about 0.1 s: what importance may always take
IMPORTANCE_SHARE = 0.05  # of the operations of training, which importance may take if that is more


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenRows:
    """Rows, and a model whose networks did not train on them.

    model: the trained model itself, or the networks that left these rows out.
    inputs: of each bag of that model, (rows, inputs). truth: true targets, (rows, columns).
    weights: sample weights, (rows,); None if all rows count the same.
    """

    model: TrainedModel
    inputs: Sequence[Array]
    truth: Floats
    weights: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The model with its calibration and uncertainty, and its evaluation as JSON values."""

    model: TrainedModel
    evaluation: Json


def assess(
    model: TrainedModel, unseen: Sequence[UnseenRows], raw: Floats, *, training_truth: Floats, training_flops: float
) -> Assessment:
    """Calibrate a model and evaluate it as it is served then. All rows of `unseen` together have the scores.

    Args:
        model: the model as it was trained.
        unseen: rows that evaluate it; with several parts, those of folds.
        raw: what the networks answer for these rows, (n, *outputs), as `TrainedModel.raw_outputs` returns it, for the
            exposures of the rows.
        training_truth: true targets of the training rows, for the naive baseline.
        training_flops: operations that training took, which bound those of the permutation importance.
    """
    target, truth = model.target, np.concatenate([part.truth for part in unseen])
    given = [part.weights for part in unseen if part.weights is not None]
    weights = np.concatenate(given) if given else None
    calibrated = replace(model, calibration=fit_calibration(target, truth, raw, weights))
    outputs = calibrated.finish(raw)
    uncertainty = None if target.is_survival else Uncertainty.fit(target, truth, outputs)
    served = replace(calibrated, uncertainty=uncertainty)
    evaluation = evaluate(target, training_truth, truth, outputs, weights)
    _add_temperatures(served, evaluation)
    if uncertainty:
        _add_coverage(target, evaluation, truth, outputs)
    if len(unseen) > 1:
        ends = np.cumsum([len(part.truth) for part in unseen])[:-1]
        each = zip(unseen, np.split(outputs, ends), strict=True)
        evaluation["folds"] = [main_scores(target, part.truth, predicted) for part, predicted in each]
    evaluation["importance"] = _importance(served, unseen, training_flops)
    return Assessment(model=served, evaluation=evaluation)


def _add_temperatures(served: TrainedModel, evaluation: Json) -> None:
    for place, metrics in enumerate(_by_column(served.target, evaluation)):
        if "calibration" in metrics:
            metrics["calibration"]["temperature"] = (
                served.calibration.temperatures[place] if served.calibration else 1.0
            )


def _add_coverage(target: TargetEncoder, evaluation: Json, truth: Floats, outputs: Floats) -> None:
    each = evaluate_uncertainty(target, truth, outputs)
    for column, metrics, coverage in zip(target.columns, _by_column(target, evaluation), each, strict=True):
        metrics["intervals" if column.task == "regression" else "sets"] = coverage


def _by_column(target: TargetEncoder, evaluation: Json) -> list[Json]:
    """Return the metrics of each target column."""
    return [evaluation["targets"][column.column] for column in target.columns] if target.several else [evaluation]


def _importance(served: TrainedModel, unseen: Sequence[UnseenRows], training_flops: float) -> Json | None:
    if served.target.exposure:
        return None
    row_flops = max(part.model.flops for part in unseen)
    max_flops = max(MIN_IMPORTANCE_FLOPS, IMPORTANCE_SHARE * training_flops)
    parts = [_shuffled_rows(served, part) for part in unseen]
    return permutation_importance(served.target, parts, row_flops=row_flops, max_flops=max_flops)


def _shuffled_rows(served: TrainedModel, part: UnseenRows) -> ShuffledRows:
    return ShuffledRows(
        inputs=part.inputs,
        columns=[bag.preprocessor.inputs_by_column(served.window) for bag in part.model.bags],
        outputs=lambda inputs: served.finish(part.model.raw_outputs(inputs)),
        truth=part.truth,
    )
