"""Which columns a network learns from."""

from collections.abc import Collection, Iterator

from tabular.encodings import Encoding, fitting_encodings
from tabular.identifiers import is_identifier
from tabular.names import NameHints
from tabular.planning.features.encoding import choose_encoding, encode, warn_of_rare_values
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.features.options import check_options
from tabular.planning.features.windowed import windowed_features
from tabular.planning.initialization import ModelDescription
from tabular.planning.presets import number_encoding
from tabular.planning.report import PlanningReport
from tabular.planning.request import InputUse, PlanRequest
from tabular.profile import Column, Profile
from tabular.spec import FeatureSpec

CONSTANT = "it has the same value in every row"


def plan_features(
    profile: Profile, request: PlanRequest, by_request: Collection[str], report: PlanningReport
) -> tuple[FeaturePlan, ...]:
    """Return the requested features, or every column that carries information; report what does not fit.

    `by_request`: columns of sample weights or groups, which are features only by request. If the layers use inputs by
    position, constant columns are features, too.
    """
    if request.features is None:
        planned = tuple(_default_features(profile, request, by_request, report))
    else:
        planned = _RequestedFeatures(profile, request, report).plan()
    planned = tuple(_with_base_embeddings(feature, request) for feature in planned)
    for feature in planned:
        warn_of_rare_values(profile, feature, report)
    return planned


def _with_base_embeddings(feature: FeaturePlan, request: PlanRequest) -> FeaturePlan:
    """Return an embedded feature with as many embeddings as the base model has for it."""
    if feature.encoding != "embedding" or request.initialization is None:
        return feature
    rows = request.initialization.embedding_rows.get(feature.column, feature.vectors)
    return feature.model_copy(update={"vectors": rows})


def _default_features(
    profile: Profile, request: PlanRequest, by_request: Collection[str], report: PlanningReport
) -> Iterator[FeaturePlan]:
    """Yield every column that carries information, and what windows of a time series have besides."""
    use, numbers = request.input_use, number_encoding(profile, request)
    ordering = request.sequence.columns if request.sequence else ()
    excluded = {*request.targets, *by_request, *ordering}
    columns = [column for column in profile.columns if column.name not in excluded]
    chosen = [column for column in columns if _is_used(column, profile, use, report)]
    if not chosen and request.sequence is None:
        detail = "No column carries information: all are constant, empty, free text or identifiers."
        report.reject("/features", f"{detail} Name the columns to learn from in `features`.")
    yield from (encode(column, choose_encoding(column, use, numbers, report)) for column in chosen)
    yield from windowed_features(profile, request, report)


def _is_used(column: Column, profile: Profile, use: InputUse, report: PlanningReport) -> bool:
    reason = why_useless(column, profile.rows)
    if reason == CONSTANT and use != "any_order":
        return True
    if reason:
        report.warn(
            "column_skipped",
            f"{column.name!r} is not used as a feature: {reason}.",
            column=column.name,
            fix=f'To use it anyway, list it in "features": {{"column": "{column.name}"}}.',
        )
    return reason is None


def why_useless(column: Column, rows: int) -> str | None:
    """Return why a column says nothing about unseen rows, or None."""
    if column.missing == rows:
        return "it has no values"
    if column.distinct == 1 and not column.missing:
        return CONSTANT
    if column.type == "text":
        return "it is free text"
    return "it looks like an identifier" if is_identifier(column, rows) else None


class _RequestedFeatures:
    """Plans the features that a request or its base model names, and reports every one that cannot be used."""

    def __init__(self, profile: Profile, request: PlanRequest, report: PlanningReport) -> None:
        self._profile, self._request, self._report = profile, request, report
        self._numbers = number_encoding(profile, request)
        self._first_use: dict[str, int] = {}
        base = request.initialization
        self._from_base = base is not None and isinstance(base.source, ModelDescription)  # its encoders are kept
        self._hints = NameHints([column.name for column in profile.columns])

    def plan(self) -> tuple[FeaturePlan, ...]:
        """Return the features that can be used, in the requested order."""
        each = [self._plan_feature(index, feature) for index, feature in enumerate(self._request.features or ())]
        return tuple(planned for planned in each if planned)

    def _plan_feature(self, index: int, feature: FeatureSpec) -> FeaturePlan | None:
        pointer = f"/features/{index}"
        column = self._profile.column(feature.column)
        problem = self._name_problem(feature.column)
        if problem or column is None:
            self._report.reject(f"{pointer}/column", problem or "")
            return None
        self._first_use[feature.column] = index
        use = self._request.input_use
        encoding = feature.encoding or choose_encoding(column, use, self._numbers, self._report)
        if not self._from_base:
            check_options(pointer, column, feature, encoding, self._report)
        return self._fit(pointer, column, encoding, feature)

    def _name_problem(self, name: str) -> str | None:
        targets = self._request.targets
        if self._profile.column(name) is None:
            return f"The data set has no column {name!r}. {self._hints.hint(name)}"
        if name in targets and self._request.sequence is None:
            article = "the" if len(targets) == 1 else "a"
            return f"{name!r} is {article} target and cannot be a feature as well. Remove it from `features`."
        if name in self._first_use:
            return f"{name!r} is listed twice, first at /features/{self._first_use[name]}. Remove one of them."
        return None

    def _fit(self, pointer: str, column: Column, encoding: Encoding, feature: FeatureSpec) -> FeaturePlan | None:
        fitting = fitting_encodings(column.type)
        if encoding not in fitting:
            allowed = " or ".join(fitting)
            detail = f"{encoding} does not fit {column.name!r}, a {column.type} column. Use {allowed}."
            self._report.reject(f"{pointer}/encoding", detail)
            return None
        if column.missing == self._profile.rows:
            self._report.reject(f"{pointer}/column", f"{column.name!r} has no values. Remove it from `features`.")
            return None
        return encode(column, encoding, feature)
