"""Tests for worker/job/finite_json.py."""

from worker.job.finite_json import finite


def test_nan_and_infinities_become_null_at_any_depth() -> None:
    value = {"a": float("inf"), "b": [1.5, float("nan")], "c": {"d": (float("-inf"), 2, "e")}}
    assert finite(value) == {"a": None, "b": [1.5, None], "c": {"d": [None, 2, "e"]}}
