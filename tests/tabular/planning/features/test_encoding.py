"""Every feature gets the encoding that suits its column, and options that its encoding has."""

from typing import Any

import numpy as np
import pytest

from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.profile import Profile
from tabular.readers.profiling import number_column
from tests.support.plan_requests import plan_request

RNG = np.random.default_rng(0)
ROWS = 200


def table(*, outlier: float | None = None) -> Profile:
    x, y = RNG.normal(size=ROWS), RNG.normal(size=ROWS)
    if outlier is not None:
        x[7] = outlier
    return Profile(rows=ROWS, columns=tuple(number_column(name, values, ROWS) for name, values in (("x", x), ("y", y))))


def planned(profile: Profile, *features: dict[str, Any]) -> Plan:
    """Return the plan of a network with its own layers; other networks have no standardized inputs."""
    return plan(profile, plan_request("y", features=features or None, layers=[{"type": "dense", "units": 3}]))


def test_a_column_with_an_extreme_outlier_is_robust_with_a_warning() -> None:
    found = planned(table(outlier=1e30))
    assert found.features[0].encoding == "robust"
    (warning,) = [warning for warning in found.warnings if warning.code == "robust_scaling"]
    assert warning.column == "x"
    assert "1e+30" in warning.detail
    assert '{"column": "x", "encoding": "standardize"}' in (warning.fix or "")


def test_the_fix_of_the_outlier_warning_is_obeyed() -> None:
    found = planned(table(outlier=1e30), {"column": "x", "encoding": "standardize"})
    assert found.features[0].encoding == "standardize"
    assert not [warning for warning in found.warnings if warning.code == "robust_scaling"]


def test_an_ordinary_column_is_standardized_without_a_warning() -> None:
    found = planned(table())
    assert found.features[0].encoding == "standardize"
    assert not [warning for warning in found.warnings if warning.code == "robust_scaling"]


@pytest.mark.parametrize(("requested", "inputs"), [(None, 1), (True, 2), (False, 1)])
def test_a_requested_missing_indicator_counts_as_an_input(*, requested: bool | None, inputs: int) -> None:
    found = planned(table(), {"column": "x", "encoding": "robust", "missing_indicator": requested})
    assert (found.features[0].missing_indicator, found.inputs_at_most) == (requested, inputs)


def test_an_embedding_has_no_missing_indicator() -> None:
    with pytest.raises(InvalidPlan) as caught:
        planned(table(), {"column": "x", "encoding": "embedding", "missing_indicator": True})
    assert [problem.pointer for problem in caught.value.problems] == ["/features/0/missing_indicator"]


def test_an_outlier_in_a_table_with_the_default_network_gets_the_warning_too() -> None:
    found = plan(table(outlier=1e30), plan_request("y"))
    assert found.features[0].encoding == "numeric_embedding"
    (warning,) = [warning for warning in found.warnings if warning.code == "robust_scaling"]
    assert "is encoded as numeric_embedding" in warning.detail
