"""Profiles describe the file and survive JSON."""

import json

import numpy as np
import pytest

from tabular.profile import Profile
from tabular.readers.profiling import number_column
from tests.support.reading import Reader


def test_numbers_have_statistics(read: Reader) -> None:
    column = read("a,b\n1,x\n3,y\n3,x\n?,y\n").column("a")
    assert (column.missing, column.distinct, column.min, column.max, column.integer) == (1, 2, 1, 3, True)
    assert column.mean == pytest.approx(7 / 3)
    assert column.stddev == pytest.approx(np.std([1, 3, 3]))
    assert sum(column.histogram.counts) == 3
    assert (column.histogram.edges[0], column.histogram.edges[-1]) == (1, 3)


def test_labels_are_ordered_by_frequency_then_value(read: Reader) -> None:
    column = read("a,b\n1,x\n2,z\n3,y\n4,z\n5,x\n").column("b")
    assert [(entry.value, entry.count) for entry in column.top] == [("x", 2), ("z", 2), ("y", 1)]
    assert column.singletons == 1


def test_histogram_equals_numpy() -> None:
    values = np.random.default_rng(0).normal(size=1_000)
    histogram = number_column("x", values, 1_000).histogram
    counts, edges = np.histogram(values, bins=20)
    assert list(histogram.counts) == counts.tolist()
    assert histogram.edges == pytest.approx(edges.tolist())


def test_huge_numbers_do_not_overflow() -> None:
    column = number_column("x", np.array([-1.7e308, 1.7e308, 1e308, 0.0]), 4)
    json.dumps(column.histogram.edges, allow_nan=False)
    assert np.isfinite([column.mean, column.stddev, *column.histogram.edges]).all()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["7"] * 30, "constant"),
        (["?"] * 30, "all_missing"),
        (["?"] * 20 + ["1", "2"] * 5, "mostly_missing"),
        ([f"id{place}" for place in range(30)], "identifier"),
    ],
)
def test_doubtful_column_gets_a_warning(read: Reader, values: list[str], code: str) -> None:
    table = read("n,c\n" + "".join(f"{place % 9},{value}\n" for place, value in enumerate(values)))
    assert (code, "c") in [(warning.code, warning.column) for warning in table.profile.warnings]


def test_repeated_rows_are_counted(read: Reader) -> None:
    table = read("a,b\n1,x\n2,y\n1,x\n1,x\n")
    assert any(warning.code == "duplicate_rows" and "2 rows" in warning.detail for warning in table.profile.warnings)


@pytest.mark.parametrize(("seconds", "last"), [("", "23:39:00"), (":05", "23:39:05"), (":05.250", "23:39:05.250")])
def test_times_of_day_are_shown_without_a_date(read: Reader, seconds: str, last: str) -> None:
    table = read("t,n\n" + "".join(f"{n % 24:02}:{n + 16}{seconds},{n}\n" for n in range(24)))
    assert table.column("t").max == last


def test_profile_survives_json(read: Reader) -> None:
    text = "n,c,t,d\n" + "".join(f"{n},{'ab'[n % 2]},{'long text ' * 9}{n},2026-01-0{n + 1}\n" for n in range(8))
    profile = read(text).profile
    assert Profile.from_json(json.loads(json.dumps(profile.to_json(), allow_nan=False))) == profile


def test_profile_shows_only_what_the_type_has(read: Reader) -> None:
    shown = read("a,b\n1,x\n2,y\n").profile.to_json()["columns"]
    assert "top" in shown[1]
    assert "min" not in shown[1]
    assert "length" not in shown[0]


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["20240101", "20240217"], "%Y%m%d"),
        (["1700000000", "1700009999"], "epoch_s"),
        (["1700000000000", "1700009999000"], "epoch_ms"),
        (["20249901", "20240217"], None),
        (["100000000000000", "300000000000000"], None),
        (["1", "2"], None),
    ],
)
def test_numbers_that_look_like_dates_get_a_warning(read: Reader, values: list[str], pattern: str | None) -> None:
    found = read("created_at,n\n" + "".join(f"{value},{row}\n" for row, value in enumerate(values * 9)))
    warnings = [warning for warning in found.profile.warnings if warning.code == "looks_like_dates"]
    assert [warning.fix for warning in warnings] == (
        [f"If they are dates, send ?date_format=created_at:{pattern}."] if pattern else []
    )


def test_ids_with_gaps_are_identifiers_and_other_numbers_are_not(read: Reader) -> None:
    rows = "\n".join(f"{7 * place + 1000},{3 * place}" for place in range(40))
    found = [warning.column for warning in read(f"customer_id,size\n{rows}\n").profile.warnings]
    assert found == ["customer_id"]
