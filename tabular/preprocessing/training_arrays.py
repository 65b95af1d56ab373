"""From a planned job and its table to the arrays that a network trains on."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.batches import Rows
from tabular.planning.plan import Plan
from tabular.planning.training_rules import count_validation_rows
from tabular.preprocessing.column_target import exposure_weights, exposures
from tabular.preprocessing.fold_split import Folds
from tabular.preprocessing.held_out import describe_held_out, divide_into_folds, draw_sample, hold_out
from tabular.preprocessing.leakage import leaking_features
from tabular.preprocessing.other_rows import describe_other_rows, read_alike
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.samples import Samples
from tabular.preprocessing.series_warnings import series_warnings
from tabular.preprocessing.target import TargetEncoder
from tabular.profile import DataWarning
from tabular.table import Table

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastValues:
    """The last known target of each sample's series: `values` of the rows where `known`, as `truth` has them."""

    known: npt.NDArray[np.bool_]
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class BagInputs:
    """The preprocessing of a bag of networks, and the inputs (n, width) that it makes of the rows of both parts."""

    preprocessor: Preprocessor
    x: Array
    validation_x: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingArrays:
    """The arrays of both parts, and the preprocessing that made them.

    `bags`: networks of different bags read different inputs of the same rows; most jobs have one bag.
    `training_rows`: ascending row numbers in the table, (n,) int64; `validation_rows` as well, or in the table of the
    user's own rows. `sample_weights`, `validation_sample_weights`: (n,) float64 above 0; None if all rows count the
    same. `training_truth`, `truth`: the true targets (n, columns) of the training rows, and of the rows that evaluate
    the network: the validation rows, or the left-out rows of all folds. `held_out`: how these rows were chosen, as JSON
    values. `warnings`: what only a look at the rows shows. `folds`: of a cross-validation. `divisions`: of an ensemble
    of folds, for each network the places in `y` of the rows that train it, and of those that it leaves out.
    `last_values`: of windows of a time series, the naive predictions for the rows that evaluate the network.
    `exposure`: of these rows, (n,); None if the target has none.
    """

    bags: tuple[BagInputs, ...]
    target: TargetEncoder
    training_rows: Index
    validation_rows: Index
    y: Array
    sample_weights: Floats | None
    validation_y: Array
    validation_sample_weights: Floats | None
    training_truth: Floats
    truth: Floats
    held_out: dict[str, Any]
    warnings: tuple[DataWarning, ...]
    folds: tuple["FoldArrays", ...] = ()
    divisions: Folds = field(default_factory=list)
    last_values: LastValues | None = None
    exposure: Floats | None = None

    @property
    def preprocessor(self) -> Preprocessor:
        """The preprocessing of the first bag."""
        return self.bags[0].preprocessor

    @property
    def x(self) -> Array:
        """The inputs of the first bag, for the training rows."""
        return self.bags[0].x

    @property
    def validation_x(self) -> Array:
        """The inputs of the first bag, for the validation rows."""
        return self.bags[0].validation_x


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldArrays:
    """The arrays of one network of a cross-validation, with preprocessing that was fitted on its training rows.

    `rows`: the row numbers of its left-out rows. The targets of all folds have one scale, that of the whole table: it
    only says in which unit the outputs are, and lets the losses of the folds be added up.
    """

    preprocessor: Preprocessor
    rows: Index
    training: Rows
    validation: Rows


def required_columns(plan: Plan) -> list[str]:
    """Return the columns of the table that `make_training_arrays` needs, each once."""
    split = plan.training.validation.column
    return list(dict.fromkeys([*evaluation_columns(plan), *([split] if split else [])]))


def evaluation_columns(plan: Plan) -> list[str]:
    """Return the columns that a table of validation rows needs, each once."""
    outcome = [name for name in (plan.sample_weight, plan.exposure, plan.censored) if name]
    parts = (part.column for part in plan.parts)
    features = (feature.column for bag in plan.bags for feature in bag.features)
    ordering = plan.sequence.columns if plan.sequence else ()
    return list(dict.fromkeys([*parts, *features, *outcome, *ordering]))


def make_training_arrays(
    table: Table,
    plan: Plan,
    *,
    other: Table | None = None,
    preprocessors: Sequence[Preprocessor] = (),
    target: TargetEncoder | None = None,
) -> TrainingArrays:
    """Split the rows that have a target, fit the preprocessing on the training rows, and transform both parts.

    `other`: a table whose rows evaluate the network; all rows of `table` are for training then. The `preprocessors` of
    a base model's bags and its `target` are used as they are. Rows of weight 0 are left out as if they were not in the
    table.

    Raises:
        ValueError: too few rows have a target and a weight above 0, or a sample weight is invalid.
    """
    parts = _divide(table, plan, other)
    samples, training, evaluated, validation = parts.samples, parts.training, parts.evaluated, parts.validation
    target = target.renamed(plan) if target else TargetEncoder.fit(table, plan, parts.learned)
    dtype, is_ensemble = np.dtype(plan.training.precision), plan.ensemble is not None
    return TrainingArrays(
        bags=tuple(
            _bag(bag, fitted, parts)
            for bag, fitted in itertools.zip_longest(plan.bags, preprocessors[: len(plan.bags)])
        ),
        target=target,
        training_rows=training,
        validation_rows=validation,
        y=_targets(target, table, training, dtype),
        sample_weights=_sample_weights(table, plan, training),
        validation_y=_targets(target, evaluated.table, validation, dtype),
        validation_sample_weights=_sample_weights(evaluated.table, plan, validation),
        training_truth=target.truth(table, training),
        truth=target.truth(evaluated.table, parts.unseen),
        held_out=_describe(table, plan, parts.unseen),
        warnings=tuple(_warnings(samples, plan, training)),
        folds=() if is_ensemble else tuple(_fold(samples, plan, fold, preprocessors, target) for fold in parts.folds),
        divisions=_places(parts.folds, training) if is_ensemble else [],
        last_values=_last_values(evaluated, plan, target, parts.unseen),
        exposure=_exposure(evaluated.table, plan, parts.unseen),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The rows of both parts, and the samples that they number.

    `training`: the rows of the arrays. Those of an ensemble of folds evaluate networks, too; only the `learned` ones
    train any. `unseen`: the rows that evaluate the network: the `validation` rows, or the left-out rows of all `folds`.
    """

    samples: Samples
    training: Index
    learned: Index
    evaluated: Samples
    validation: Index
    folds: Folds
    unseen: Index


def _divide(table: Table, plan: Plan, other: Table | None) -> _Parts:
    """Choose the rows of both parts; `other` has the validation rows if it is given."""
    samples = Samples.of(table, plan)
    rows = _complete_rows(samples, plan)
    training, validation = hold_out(table, plan, rows)
    learned = draw_sample(table, plan, training)
    folds = [(np.intersect1d(kept, learned), left_out) for kept, left_out in divide_into_folds(table, plan, rows)]
    unseen = np.concatenate([left_out for _, left_out in folds]) if folds else validation
    evaluated = samples
    if other is not None:
        evaluated = Samples.of(read_alike(other, table), plan)
        unseen = validation = _complete_rows(evaluated, plan)
    return _Parts(
        samples=samples,
        training=training if plan.ensemble and folds else learned,
        learned=learned,
        evaluated=evaluated,
        validation=validation,
        folds=folds,
        unseen=unseen,
    )


def _bag(plan: Plan, fitted: Preprocessor | None, parts: _Parts) -> BagInputs:
    """Fit the preprocessing of a bag on the rows that train networks, and transform both parts."""
    dtype, samples = np.dtype(plan.training.precision), parts.samples
    preprocessor = fitted or Preprocessor.fit(samples.table, plan, samples.input_rows(parts.learned))
    return BagInputs(
        preprocessor=preprocessor,
        x=samples.inputs(preprocessor, parts.training, dtype),
        validation_x=parts.evaluated.inputs(preprocessor, parts.validation, dtype),
    )


def _places(folds: Folds, rows: Index) -> Folds:
    """Return the places of the folds' row numbers in the ascending `rows`."""
    return [(np.searchsorted(rows, kept), np.searchsorted(rows, left_out)) for kept, left_out in folds]


def _complete_rows(samples: Samples, plan: Plan) -> Index:
    """Return the rows that have a target, a weight above 0, and all that their inputs are made of."""
    return samples.complete(_weighted_rows(samples.table, plan, rows_with_target(samples.table, plan)))


def _describe(table: Table, plan: Plan, rows: Index) -> dict[str, Any]:
    """Return where the rows that evaluate the network come from, as JSON values."""
    if plan.training.validation.dataset_id is not None:
        return describe_other_rows(plan, rows)
    return describe_held_out(table, plan, rows)


def _warnings(samples: Samples, plan: Plan, training: Index) -> Iterator[DataWarning]:
    if samples.series is not None:
        return series_warnings(samples.table, samples.series)
    return leaking_features(samples.table, plan, training)


def _last_values(samples: Samples, plan: Plan, target: TargetEncoder, rows: Index) -> LastValues | None:
    """Return the last known values of the only target before the windows' ends; None if rows are not windows."""
    if samples.series is None or target.several:
        return None
    latest = samples.series.last_known(rows, samples.table.columns[plan.parts[0].column].missing)
    known = latest >= 0
    return LastValues(known=known, values=target.truth(samples.table, latest[known]))


def _exposure(table: Table, plan: Plan, rows: Index) -> Floats | None:
    return exposures(table.columns[plan.exposure].take(rows)) if plan.exposure else None


def _fold(
    samples: Samples,
    plan: Plan,
    fold: tuple[Index, Index],
    preprocessors: Sequence[Preprocessor],
    target: TargetEncoder,
) -> FoldArrays:
    training, left_out = fold
    fitted = preprocessors[0] if preprocessors else Preprocessor.fit(samples.table, plan, samples.input_rows(training))
    return FoldArrays(
        preprocessor=fitted,
        rows=left_out,
        training=_rows(samples, plan, training, fitted, target),
        validation=_rows(samples, plan, left_out, fitted, target),
    )


def _rows(samples: Samples, plan: Plan, rows: Index, preprocessor: Preprocessor, target: TargetEncoder) -> Rows:
    """Return inputs, targets and sample weights of some samples."""
    dtype = np.dtype(plan.training.precision)
    x, y = samples.inputs(preprocessor, rows, dtype), _targets(target, samples.table, rows, dtype)
    return Rows(x, y, _sample_weights(samples.table, plan, rows))


def _targets(target: TargetEncoder, table: Table, rows: Index, dtype: npt.DTypeLike) -> Array:
    """Return the targets of rows that may be from another table.

    Raises:
        ValueError: a row has a class that the training rows do not have.
    """
    try:
        return target.transform(table, rows, dtype=dtype)
    except KeyError as error:
        raise ValueError(f"the validation rows have the class {error}, which no training row has") from error


def rows_with_target(table: Table, plan: Plan) -> Index:
    """Return the rows that have a value of every target, in order."""
    return np.flatnonzero(~np.logical_or.reduce([table.columns[part.column].missing for part in plan.parts]))


def _weighted_rows(table: Table, plan: Plan, rows: Index) -> Index:
    """Return those of `rows` whose weight is above 0."""
    weights = _sample_weights(table, plan, rows)
    if weights is None:
        return rows
    counted = rows[weights > 0]
    if len(counted) <= count_validation_rows(len(counted), plan.training.validation.fraction):
        raise ValueError(f"only {len(counted)} rows with a target have {plan.sample_weight!r} above 0; more are needed")
    return counted


def _sample_weights(table: Table, plan: Plan, rows: Index) -> Floats | None:
    """Return how much each of `rows` counts, (n,); None if all count the same."""
    own = _requested_weights(table, plan, rows)
    if plan.exposure is None:
        return own
    return exposure_weights(table.columns[plan.exposure].take(rows), plan.parts[0].loss) * (1 if own is None else own)


def _requested_weights(table: Table, plan: Plan, rows: Index) -> Floats | None:
    """Return the values of the column of sample weights, (n,); None without one."""
    if plan.sample_weight is None:
        return None
    column = table.columns[plan.sample_weight].take(rows)
    weights = column.values.astype(np.float64)
    if column.missing.any() or not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{plan.sample_weight!r} does not have a finite number of at least 0 in every row")
    return weights
