"""A table with an evident order of time or with repeated customers gets the right split, and following it helps."""

import json

import numpy as np
import pytest

from tabular.profile import DataWarning
from tests.support.reading import Read, Reader
from tests.support.tabular_jobs import csv, plan_job

ROWS = 200
RNG = np.random.default_rng(2)
PRICE = RNG.normal(size=ROWS).round(3)


def split_warnings(data: Read, **request: object) -> dict[str, DataWarning]:
    codes = {"time_ordered", "repeated_groups"}
    return {each.code: each for each in plan_job(data, "price", **request).warnings if each.code in codes}


@pytest.mark.parametrize(
    ("code", "name", "values"),
    [
        ("time_ordered", "day", np.datetime64("2024-01-01") + np.arange(ROWS)),
        ("repeated_groups", "customer_id", RNG.integers(0, 40, ROWS)),
    ],
)
def test_the_advised_split_is_accepted_and_ends_the_warning(
    code: str, name: str, values: np.ndarray, read: Reader
) -> None:
    data = read(csv({name: values, "size": RNG.normal(size=ROWS).round(3), "price": PRICE}))
    warning = split_warnings(data)[code]
    fix = warning.fix or ""
    training = json.loads(fix[fix.index("{") : fix.rindex("}") + 1])
    assert training["validation"]["column"] == name
    assert split_warnings(data, training=training) == {}
    assert split_warnings(data, training={"validation": {**training["validation"], "folds": 4}}) == {}
    assert split_warnings(data, training={"validation": {"folds": 4}}).keys() == {code}
