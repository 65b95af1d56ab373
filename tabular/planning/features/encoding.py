"""How a feature becomes numbers: the encoding of its column, its options, and what planning warns about."""

from tabular.encodings import CYCLES, DEFAULT_FREQUENCIES, ENCODINGS, Encoding, fitting_encodings, repeated_values
from tabular.outliers import Outlier, harmful_outlier
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.report import PlanningReport
from tabular.planning.request import InputUse
from tabular.profile import Column, Profile
from tabular.spec import FeatureSpec


def choose_encoding(column: Column, use: InputUse, numbers: Encoding, report: PlanningReport) -> Encoding:
    """Return a column's encoding: `numbers` for a number, but unchanged before an `embedding` layer.

    Numbers whose outliers would ruin standardization are scaled robustly, with a warning.
    """
    if column.type == "number" and use == "whole_numbers":
        return "none"
    encoding = numbers if column.type == "number" else fitting_encodings(column.type)[0]
    outlier = harmful_outlier(column) if column.type == "number" else None
    if outlier is None:
        return encoding
    robust: Encoding = "robust" if encoding == "standardize" else encoding
    _warn_of_outlier(column, outlier, robust, report)
    return robust


def _warn_of_outlier(column: Column, outlier: Outlier, robust: Encoding, report: PlanningReport) -> None:
    row = report.outlier_row(column.name)
    detail = (
        f"{outlier.describe(column.name, row)} With the encoding standardize, the outlier would make all other values "
        f"nearly equal, so the column is encoded as {robust}."
    )
    fix = (
        "If the value is wrong, correct it and upload the file again. To standardize the column anyway, request "
        f'{{"column": "{column.name}", "encoding": "standardize"}}.'
    )
    report.warn("robust_scaling", detail, column=column.name, fix=fix, row=row)


def encode(column: Column, encoding: Encoding, requested: FeatureSpec | None = None) -> FeaturePlan:
    """Return the feature with the options that were requested for it."""
    rule = ENCODINGS[encoding]
    width = rule.width(column)
    requested = requested or FeatureSpec(column=column.name)
    indicator, size = requested.missing_indicator, requested.size or width.size
    inputs, has_waves = width.inputs_at_most, encoding == "numeric_embedding" and size is not None
    if encoding == "hashed_text" and size and width.size:
        inputs += size - width.size
    if encoding == "numeric_embedding" and requested.bins is not None and width.bins:
        inputs += requested.bins - width.bins
    if requested.cycles is not None:
        inputs += 2 * (len(requested.cycles) - len(CYCLES))
    if indicator is not None:
        inputs += int(indicator) - int(column.missing > 0)
    return FeaturePlan(
        column=column.name,
        type=column.type,
        encoding=encoding,
        inputs_at_most=inputs,
        size=size,
        frequencies=requested.frequencies or (DEFAULT_FREQUENCIES if has_waves else None),
        vectors=width.embeddings,
        missing_indicator=indicator,
        order=requested.order,
        bins=width.bins if requested.bins is None else requested.bins,
        cycles=requested.cycles,
        period=requested.period,
    )


def warn_of_rare_values(profile: Profile, feature: FeaturePlan, report: PlanningReport) -> None:
    """Warn if a column repeats more values than its encoding can tell apart."""
    most = ENCODINGS[feature.encoding].max_categories
    column = profile.column(feature.column)
    if most is None or column is None or (repeated := repeated_values(column)) <= most:
        return
    fix = "Merge values with the same meaning before the upload."
    if feature.encoding == "one_hot":
        fix = f'Request {{"column": "{column.name}", "encoding": "embedding"}}.'
    detail = (
        f"{column.name!r} has {repeated:,} values that occur in more than one row. "
        f"{feature.encoding} distinguishes the {most:,} most frequent and treats all others as one."
    )
    report.warn("rare_values_joined", detail, column=column.name, fix=fix)
