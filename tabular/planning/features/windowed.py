"""The features of windows of a time series that other samples do not have: past targets and the time itself."""

from collections.abc import Iterator, Sequence

from tabular.planning.features.encoding import choose_encoding, encode
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.profile import Profile


def windowed_features(profile: Profile, request: PlanRequest, report: PlanningReport) -> Iterator[FeaturePlan]:
    """Yield the features that windows have besides the informative columns.

    The past values of the targets are features. Of the time, only its position in the year, the week and the day is
    one: later times are unlike all that were trained on.
    """
    if request.sequence is None:
        return
    for name in request.targets:
        if (column := profile.column(name)) and column.type not in {"text", "datetime"}:
            yield encode(column, choose_encoding(column, request.input_use, "standardize", report))
    order = profile.column(request.sequence.order_by)
    if order is not None and order.type == "datetime":
        yield encode(order, "cyclic")


def check_windowed_features(request: PlanRequest, features: Sequence[FeaturePlan], report: PlanningReport) -> None:
    """Report features that a window cannot have."""
    if request.sequence is None:
        return
    for index, feature in enumerate(features):
        if feature.encoding == "embedding":
            detail = "Windows of a time series have no embeddings. Use one_hot, ordinal or hashed_text."
            report.reject(f"/features/{index}/encoding", detail)
