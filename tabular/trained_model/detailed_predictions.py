"""Predictions with what surrounds them: intervals or label sets, and contributions of columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import PointedProblem
from engine.layers.padding.use_masks import ignores_padding
from tabular.errors import InvalidRows
from tabular.trained_model.explanation import explain, max_explained_rows
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.levels import LevelUnavailable

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What predictions are requested with.

    interval: how often intervals and label sets have to contain the truth, from 0.5 to 0.99; None for no intervals.
    explain: whether to add the contributions of the columns.
    """

    interval: float | None = None
    explain: bool = False

    @property
    def requested(self) -> bool:
        """Whether anything is requested."""
        return self.explain or self.interval is not None


def predict_in_detail(model: TrainedModel, rows: Sequence[Json], details: Details) -> list[Json]:
    """Return one answer per row, as `TrainedModel.predict` does, with the details added.

    Raises:
        InvalidRows: the rows do not fit the model, or the model cannot give the details for them.
    """
    if problems := list(_problems(model, len(rows), details)):
        raise InvalidRows(problems)
    table = model.reader.table(rows)
    windows = model.forecast.windows(table) if model.forecast else None
    if windows is None:
        inputs = [bag.preprocessor.transform(table, dtype=bag.dtype) for bag in model.bags]
    else:
        inputs = model.window_inputs(table, windows)
    outputs = model.with_exposure(model.outputs_of_inputs(inputs), table)
    parts = [model.answers(outputs), *_details(model, inputs, outputs, details)]
    if details.explain and model.target.exposure:
        parts[-1] = _for_exposure(parts[-1], model.with_exposure(np.ones((len(outputs), 1)), table)[:, 0])
    if model.forecast and windows is not None:
        parts.append(model.forecast.describe(table, windows))
    return [_merge(each) for each in zip(*parts, strict=True)]


def _details(model: TrainedModel, inputs: Sequence[Array], outputs: Floats, details: Details) -> Iterator[list[Json]]:
    """Yield what each row gets for each requested detail."""
    if details.interval is not None and model.uncertainty is not None:
        try:
            yield model.uncertainty.answers(model.target, outputs, details.interval)
        except LevelUnavailable as refused:
            raise InvalidRows([level_problem(refused)]) from refused
    if details.explain and model.averages is not None:
        yield explain(model, inputs, model.averages)


def _for_exposure(explained: Sequence[Json], exposure: Floats) -> list[Json]:
    """Return explanations of answers that were multiplied by exposures (n,)."""
    return [
        {
            "contributions": {name: factor * value for name, value in each["contributions"].items()},
            "baseline": factor * each["baseline"],
        }
        for each, factor in zip(explained, exposure.tolist(), strict=True)
    ]


def interval_problems(model: TrainedModel) -> Iterator[PointedProblem]:
    """Yield why the model has no intervals at any level."""
    if model.target.is_survival:
        detail = "This model has no intervals: it predicts the time until an event. Leave out `interval`."
        yield PointedProblem(pointer="/interval", detail=detail)
    elif model.uncertainty is None:
        detail = (
            "This model has no intervals: no rows were held out when it was trained, or it was trained by an older "
            "version. Leave out `interval`, or train a model with validation rows."
        )
        yield PointedProblem(pointer="/interval", detail=detail)


def level_problem(refused: LevelUnavailable) -> PointedProblem:
    """Return why the model has no intervals at this level."""
    highest = f"Use a level up to {refused.highest:g}, or train" if refused.highest else "Train"
    detail = (
        f"The model was evaluated on {refused.rows} rows, which are too few for intervals of {refused.level:g}. "
        f"{highest} a model with more validation rows."
    )
    return PointedProblem(pointer="/interval", detail=detail)


def _problems(model: TrainedModel, rows: int, details: Details) -> Iterator[PointedProblem]:
    if details.interval is not None:
        yield from interval_problems(model)
    if not details.explain:
        return
    if model.averages is None:
        detail = "This model was trained by a version without explanations. Train it again, or leave out `explain`."
        yield PointedProblem(pointer="/explain", detail=detail)
    elif any(ignores_padding(network.sequential) for bag in model.bags for network in bag.networks):
        detail = (
            "Contributions need inputs that can be changed little by little, and the length of a sequence, which this "
            "model's networks read, cannot. Leave out `explain`."
        )
        yield PointedProblem(pointer="/explain", detail=detail)
    elif rows > (most := max_explained_rows(model)):
        detail = f"At most {most:,} rows of this model can be explained in one request, not {rows:,}. Send fewer rows."
        yield PointedProblem(pointer="/explain", detail=detail)


def _merge(parts: Sequence[Json]) -> Json:
    """Return the parts of one answer as one object; the targets of several columns are merged one by one."""
    merged: Json = {}
    for part in parts:
        for name, value in part.items():
            merged[name] = _merge_targets(merged[name], value) if name == "targets" and name in merged else value
    return merged


def _merge_targets(before: Json, after: Json) -> Json:
    return {column: {**before[column], **after[column]} for column in before}
