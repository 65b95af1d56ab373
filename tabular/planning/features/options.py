"""Check the options of a requested feature: `size`, `bins`, `cycles`, `period`, `missing_indicator` and `order`."""

import json
from collections.abc import Sequence

from tabular.encodings import ENCODINGS, MAX_ORDERED, Encoding, fitting_encodings
from tabular.planning.report import PlanningReport
from tabular.profile import Column
from tabular.spec import FeatureSpec

MAX_LISTED = 5  # values in one sentence


def check_options(
    pointer: str, column: Column, feature: FeatureSpec, encoding: Encoding, report: PlanningReport
) -> None:
    """Report options that do not fit the encoding or the column of a requested feature."""
    _check_size(f"{pointer}/size", feature.size, encoding, report)
    if feature.missing_indicator is not None and not ENCODINGS[encoding].indicator:
        detail = f"{encoding} has no indicator: missing values have an embedding of their own. Leave it out."
        report.reject(f"{pointer}/missing_indicator", detail)
    _check_bins(f"{pointer}/bins", feature, encoding, report)
    _check_frequencies(f"{pointer}/frequencies", feature, encoding, report)
    _check_cycles(pointer, column, feature, encoding, report)
    if encoding != "ordinal":
        if feature.order is not None:
            detail = f'{encoding} has no order. Leave `order` out or request "encoding": "ordinal".'
            report.reject(f"{pointer}/order", detail)
    elif feature.order is not None:
        _check_order(f"{pointer}/order", column, feature.order, report)
    elif encoding in fitting_encodings(column.type):
        _check_sorted(f"{pointer}/encoding", column, report)


def _check_bins(pointer: str, feature: FeatureSpec, encoding: Encoding, report: PlanningReport) -> None:
    if feature.bins is not None and encoding != "numeric_embedding":
        report.reject(pointer, f'{encoding} has no bins. Leave `bins` out or request "encoding": "numeric_embedding".')


def _check_frequencies(pointer: str, feature: FeatureSpec, encoding: Encoding, report: PlanningReport) -> None:
    if feature.frequencies is not None and (encoding != "numeric_embedding" or feature.size is None):
        detail = 'Only "encoding": "numeric_embedding" with a `size` has frequencies. Add `size`, or leave them out.'
        report.reject(pointer, detail)


def _check_cycles(
    pointer: str, column: Column, feature: FeatureSpec, encoding: Encoding, report: PlanningReport
) -> None:
    """Report cycles of what is not a time, repeated ones, and periods of what is not a cyclic number."""
    cyclic_number = encoding == "cyclic" and column.type == "number"
    if feature.cycles is not None:
        if encoding not in {"datetime", "cyclic"} or cyclic_number:
            detail = f"{column.name!r} is not encoded as a time, so it has no cycles. Leave `cycles` out."
            report.reject(f"{pointer}/cycles", detail)
        elif len(set(feature.cycles)) < len(feature.cycles):
            report.reject(f"{pointer}/cycles", "A cycle is listed more than once. List each once.")
    if cyclic_number and feature.period is None:
        detail = f"{column.name!r} is a number. Say after how much it is in the same position again: 24 for hours."
        report.reject(f"{pointer}/period", detail)
    elif feature.period is not None and not cyclic_number:
        detail = 'Only numbers with "encoding": "cyclic" have a period. Leave `period` out.'
        report.reject(f"{pointer}/period", detail)


def _check_size(pointer: str, size: int | None, encoding: Encoding, report: PlanningReport) -> None:
    most = ENCODINGS[encoding].max_size
    if size is None:
        return
    if most is None:
        detail = f'{encoding} has no size. Leave `size` out or request "encoding": "embedding" or "hashed_text".'
        report.reject(pointer, detail)
    elif size > most:
        report.reject(pointer, f"The size of {encoding} is at most {most}, not {size}.")


def _check_order(pointer: str, column: Column, order: Sequence[str], report: PlanningReport) -> None:
    if len(set(order)) < len(order):
        repeated = sorted({value for value in order if order.count(value) > 1})
        report.reject(pointer, f"{_listed(repeated)} is listed more than once. List every category once.")
    absent = [entry.value for entry in column.top or () if entry.value not in order]
    if absent:
        detail = f"{column.name!r} has values that are not listed: {_listed(absent)}. List every category."
        report.reject(pointer, detail)


def _check_sorted(pointer: str, column: Column, report: PlanningReport) -> None:
    """Report a column with too many categories, and warn that categories are sorted by the alphabet."""
    if column.distinct > MAX_ORDERED:
        detail = f"{column.name!r} has {column.distinct:,} categories; ordinal takes at most {MAX_ORDERED:,}."
        report.reject(pointer, f"{detail} Use one_hot or embedding.")
    elif column.type != "boolean":
        _warn_of_sorting(column, report)


def _warn_of_sorting(column: Column, report: PlanningReport) -> None:
    categories = sorted(entry.value for entry in column.top or ())
    detail = f"The categories of {column.name!r} are in alphabetical order"
    fix = f'If this is not their order, list all {column.distinct:,} categories in "order", from low to high.'
    if len(categories) == column.distinct:
        detail += f": {_listed(categories)}"
        example = {"column": column.name, "encoding": "ordinal", "order": categories}
        shown = json.dumps(example, ensure_ascii=False)
        fix = f"If this is not their order, list them from low to high, instead of as here: {shown}."
    report.warn("alphabetical_order", f"{detail}.", column=column.name, fix=fix)


def _listed(values: Sequence[str]) -> str:
    more = " …" if len(values) > MAX_LISTED else ""
    return f"{', '.join(map(repr, values[:MAX_LISTED]))}{more}"
