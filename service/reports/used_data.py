"""The data of a training: which rows and columns it used, and which it left out and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from store.tables import Dataset, Job, Model

ROW_WARNINGS = {"rows_without_target", "rows_of_weight_0", "rows_without_group", "rows_without_time"}
ROLES = {"sample_weight": "the weight of each row", "exposure": "the exposure", "censored": "marks censored rows"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A column that is no feature, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedData:
    """Rows and columns of a training.

    classes: of a single target, in the order of the outputs; empty for numbers and for several targets. rows: that
    have a target. notes: sentences about rows that were left out.
    """

    targets: tuple[str, ...]
    classes: tuple[str, ...]
    features: tuple[str, ...]
    rows: int | None
    training_rows: int | None
    validation_rows: int | None
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def used_data(job: Job, dataset: Dataset | None, model: Model | None) -> UsedData:
    """Return what the spec, the warnings and the model say about the data of a job."""
    spec = job.spec
    target = spec.get("target")
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    features = tuple(dict.fromkeys(feature["column"] for feature in spec.get("features") or ()))
    return UsedData(
        targets=targets,
        classes=_classes(spec, model),
        features=features,
        rows=spec.get("rows"),
        training_rows=spec.get("training_rows"),
        validation_rows=spec.get("validation_rows"),
        left_out=tuple(_left_out(job, dataset, {*targets, *features})),
        notes=tuple(warning["detail"] for warning in job.warnings if warning["code"] in ROW_WARNINGS),
    )


def _classes(spec: Mapping[str, Any], model: Model | None) -> tuple[str, ...]:
    """Return the classes as the model knows them, otherwise as the spec does."""
    target = model.preprocessing["target"] if model else spec
    return () if target.get("targets") else tuple(target.get("classes") or ())


def _left_out(job: Job, dataset: Dataset | None, used: set[str]) -> Iterator[LeftOut]:
    reasons = {warning["column"]: warning["detail"] for warning in job.warnings if warning["code"] == "column_skipped"}
    roles = {job.spec[name]: f"It is {role}." for name, role in ROLES.items() if job.spec.get(name)}
    columns: Sequence[Mapping[str, Any]] = dataset.columns if dataset else ()
    names = [column["name"] for column in columns] or [name for name in reasons if name]
    for name in names:
        if name not in used:
            yield LeftOut(column=name, reason=roles.get(name) or reasons.get(name) or "The request does not name it.")
