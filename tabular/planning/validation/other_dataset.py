"""Whether the rows of another data set can evaluate a network (`training.validation.dataset_id`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabular.names import NameHints
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.planning.targets.target_columns import TargetColumn, known_values
from tabular.planning.targets.targets import Targets
from tabular.profile import Column, Profile

POINTER = "/training/validation/dataset_id"
MAX_LISTED = 5  # labels in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """A column of the job's data set, its name's counterpart among the validation rows, and what it is for."""

    column: Column
    other: Column | None
    noun: str


def check_other_dataset(
    profile: Profile,
    request: PlanRequest,
    features: Sequence[FeaturePlan],
    targets: Targets,
    report: PlanningReport,
) -> None:
    """Report every column that the validation rows lack or that is read differently there."""
    other = request.validation_profile
    if other is None:
        return
    hints = NameHints([column.name for column in other.columns])
    for each in _compared(profile, other, request, features, targets):
        if each.other is None:
            detail = f"The validation data set lacks {each.column.name!r}, {each.noun}. {hints.hint(each.column.name)}"
            report.reject(POINTER, f"{detail} Rename its column, or upload it again with all columns of the job.")
        elif not other.fits_type(each.other, each.column.type):
            report.reject(POINTER, _other_type(each.column, each.other))
    for target in targets.columns:
        _check_target(target, other, report)


def _compared(
    profile: Profile, other: Profile, request: PlanRequest, features: Sequence[FeaturePlan], targets: Targets
) -> Iterator[_Comparison]:
    nouns = {feature.column: "a feature of the job" for feature in features}
    nouns |= {target.column.name: "a target" for target in targets.columns}
    nouns |= {request.sample_weight: "the sample weight"} if request.sample_weight else {}
    nouns |= {request.exposure: "the exposure"} if request.exposure else {}
    nouns |= {request.censored: "the censoring"} if request.censored else {}
    for name, noun in nouns.items():
        if column := profile.column(name):
            yield _Comparison(column=column, other=other.column(name), noun=noun)


def _other_type(column: Column, other: Column) -> str:
    return (
        f"{column.name!r} is a {column.type} column in the job's data set and a {other.type} column in the validation "
        f"data set. Upload the validation rows again with ?types={column.name}:{column.type}."
    )


def _check_target(target: TargetColumn, other: Profile, report: PlanningReport) -> None:
    """Report a target without values, and classes that the training rows do not have."""
    column = other.column(target.column.name)
    if column is None:
        return
    name = target.column.name
    if column.missing == other.rows:
        detail = f"No row of the validation data set has a value of {name!r}, so nothing can be evaluated."
        report.reject(POINTER, f"{detail} Name a data set whose rows have one.")
    elif column.missing:
        detail = f"{column.missing:,} validation rows without a value of {name!r} are left out."
        report.warn("rows_without_target", detail, column=name)
    known, found = target.classes, known_values(column)
    if known is None or found is None:
        return
    if unknown := [value for value in found if value not in known]:
        more = " …" if len(unknown) > MAX_LISTED else ""
        listed = f"{', '.join(map(repr, unknown[:MAX_LISTED]))}{more}"
        detail = f"The validation rows have values of {name!r} that no training row has: {listed}."
        report.reject(POINTER, f"{detail} Correct them, or add rows with these classes to the job's data set.")
