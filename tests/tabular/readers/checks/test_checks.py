"""Uploads get the warnings that an expert would give, and ordinary tables get none."""

from typing import Any

import numpy as np
import pytest

from tabular.profile import DataWarning
from tests.support.reading import Read, Reader
from tests.support.tables import flowers, prices
from tests.support.tabular_jobs import csv, plan_job

RNG = np.random.default_rng(1)
DAYS = np.datetime64("2020-01-01") + np.arange(300)
CHECKS = {
    "outlier", "possibly_missing", "suspicious_date", "default_date", "high_cardinality", "repeated_groups",
    "duplicate_column", "time_ordered", "drift",
}  # fmt: skip


def found(data: Read, code: str) -> list[DataWarning]:
    return [warning for warning in data.profile.warnings if warning.code == code]


def only(data: Read, code: str) -> DataWarning:
    (warning,) = found(data, code)
    return warning


def numbers(rows: int = 300) -> Any:
    return np.random.default_rng(2).normal(size=rows).round(4)


@pytest.mark.parametrize("text", [flowers(300), prices(300)], ids=["flowers", "prices"])
def test_an_ordinary_table_gets_none_of_these_warnings(read: Reader, text: str) -> None:
    assert not CHECKS & set(read(text).codes())


def test_heavy_tails_and_rare_counts_are_no_outliers(read: Reader) -> None:
    rng = np.random.default_rng(0)
    rare = np.where(np.arange(2000) % 400 == 0, 50, 0)
    single = np.where(np.arange(2000) % 1500 == 0, 50, 0)
    income = rng.lognormal(10, 1, 2000).round(2)
    data = read(csv({"income": income, "rare": rare, "single": single, "x": rng.normal(size=2000)}))
    assert not found(data, "outlier")


def test_an_outlier_is_named_with_its_row(read: Reader) -> None:
    amounts = numbers().astype(object)
    amounts[41] = "1e30"
    warning = only(read(csv({"amount": amounts, "x": RNG.normal(size=300)})), "outlier")
    assert warning.column == "amount"
    assert "1e+30 in row 42" in warning.detail


@pytest.mark.parametrize("rows", [20, 60, 3000])
def test_two_outliers_on_both_sides_are_found(read: Reader, rows: int) -> None:
    amounts = RNG.normal(size=rows).round(3)
    amounts[[3, 7]] = 5e9, -5e9
    assert only(read(csv({"amount": amounts, "x": RNG.normal(size=rows)})), "outlier").column == "amount"


def test_an_outlier_is_gone_once_its_cell_is_empty(read: Reader) -> None:
    amounts = numbers().astype(object)
    amounts[41] = ""
    assert not found(read(csv({"amount": amounts, "x": RNG.normal(size=300)})), "outlier")


def test_a_repeated_minus_999_may_be_missing_and_the_fix_makes_it_so(read: Reader) -> None:
    values = np.where(np.arange(300) % 50 == 7, -999, RNG.integers(0, 40, 300))
    text = csv({"wind": values, "x": RNG.normal(size=300)})
    warning = only(read(text), "possibly_missing")
    assert (warning.column, warning.fix) == ("wind", "If so, send ?missing=-999.")
    again = read(text, missing=("-999",))
    assert again.column("wind").missing == 6
    assert not found(again, "possibly_missing")


@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%SZ"])
def test_a_default_date_is_found_and_the_fix_makes_it_missing(read: Reader, pattern: str) -> None:
    days = [day.astype(object).strftime(pattern) for day in RNG.permutation(DAYS)]
    default = np.datetime64("1970-01-01").astype(object).strftime(pattern)
    for place in range(0, 300, 50):
        days[place] = default
    text = csv({"seen": days, "x": RNG.normal(size=300)})
    data = read(text)
    warning = only(data, "default_date")
    assert not found(data, "suspicious_date")
    assert "6 values of 300" in warning.detail
    spelled = default if ":" not in default else f'"{default}"'
    assert warning.fix == f"If so, send ?missing={spelled}."
    again = read(text, missing=(default,))
    assert again.column("seen").missing == 6
    assert not found(again, "default_date")


def test_a_date_far_in_the_future_is_named_with_its_row(read: Reader) -> None:
    days = RNG.permutation(DAYS).astype(str)
    days[9] = "2202-03-01"
    warning = only(read(csv({"due": days, "x": RNG.normal(size=300)})), "suspicious_date")
    assert "2202-03-01 in row 10" in warning.detail


def test_birth_dates_are_not_suspicious(read: Reader) -> None:
    born = (np.datetime64("1930-01-01") + RNG.integers(0, 28_000, 300)).astype(str)
    data = read(csv({"born": born, "x": RNG.normal(size=300)}))
    assert not CHECKS & set(data.codes())


def test_a_repeated_column_is_found(read: Reader) -> None:
    values = numbers()
    data = read(csv({"a": values, "b": values[::-1], "c": values, "d": values + 1}))
    warning = only(data, "duplicate_column")
    assert (warning.column, "'a'" in warning.detail) == ("c", True)


def test_repeated_labels_and_dates_are_found(read: Reader) -> None:
    kinds, days = RNG.choice(["x", "y", "z"], 300), RNG.permutation(DAYS)
    data = read(csv({"k": kinds, "d": days, "k2": kinds, "d2": days}))
    assert [warning.column for warning in found(data, "duplicate_column")] == ["k2", "d2"]


def test_labels_with_many_values_are_reported_and_can_be_embedded(read: Reader) -> None:
    cities = np.array([f"city{number}" for number in RNG.integers(0, 150, 600)])
    data = read(csv({"city": cities, "x": RNG.normal(size=600), "y": RNG.normal(size=600)}))
    assert only(data, "high_cardinality").column == "city"
    plan_job(data, "y", features=[{"column": "city", "encoding": "embedding"}, {"column": "x"}])


@pytest.mark.parametrize("name", ["customer_id", "CustomerID", "patient", "user no"])
def test_repeated_customers_are_reported_and_can_be_split(read: Reader, name: str) -> None:
    data = read(csv({name: RNG.integers(1000, 1040, 300), "x": RNG.normal(size=300), "y": RNG.normal(size=300)}))
    warning = only(data, "repeated_groups")
    assert warning.fix is not None
    assert f'"column": "{name}"' in warning.fix
    plan_job(data, "y", training={"validation": {"by": "group", "column": name}})


@pytest.mark.parametrize("name", ["user_rating", "households", "customer_age", "product"])
def test_other_repeated_numbers_are_no_groups(read: Reader, name: str) -> None:
    data = read(csv({name: RNG.integers(1000, 1040, 300), "x": RNG.normal(size=300)}))
    assert not found(data, "repeated_groups")


@pytest.mark.parametrize("order", [1, -1])
def test_rows_in_order_of_a_date_are_reported_and_can_be_split(read: Reader, order: int) -> None:
    data = read(csv({"day": DAYS[::order], "x": numbers(), "y": RNG.normal(size=300)}))
    assert only(data, "time_ordered").column == "day"
    plan_job(data, "y", training={"validation": {"by": "time", "column": "day"}})


def test_years_can_be_the_order_but_other_sorted_numbers_are_not(read: Reader) -> None:
    rising = np.arange(300)
    data = read(csv({"size": rising + 0.5, "year": 1900 + rising // 4, "y": RNG.normal(size=300)}))
    assert only(data, "time_ordered").column == "year"


def test_dates_in_any_order_are_not_reported(read: Reader) -> None:
    data = read(csv({"day": RNG.permutation(DAYS), "x": numbers()}))
    assert not found(data, "time_ordered")


def test_drift_names_the_columns_that_change(read: Reader) -> None:
    later = np.arange(600) >= 300
    kinds = np.where(later, RNG.choice(["a", "b"], 600, p=[0.8, 0.2]), RNG.choice(["a", "b"], 600, p=[0.2, 0.8]))
    data = read(csv({"x": numbers(600), "price": numbers(600) + 2 * later, "kind": kinds}))
    warning = only(data, "drift")
    assert "'price', 'kind'" in warning.detail
    assert "'x'" not in warning.detail


def test_few_rows_are_not_checked_for_drift(read: Reader) -> None:
    assert not found(read(csv({"x": np.arange(90) + 0.5, "y": numbers(90)})), "drift")
