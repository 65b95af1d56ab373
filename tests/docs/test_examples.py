"""Every JSON example in docs/specs.md and docs/specs is a valid job, layer or response."""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from api.models.prediction_schemas import PredictionsRequest, PredictionsView
from engine.diagnostics.contributions import Contributions, LayerContribution, WeightContribution
from engine.diagnostics.findings import Finding, FindingCode
from engine.diagnostics.layer_statistics import LayerStatistics
from engine.errors import PointedProblem
from engine.spec import LayerSpec, TrainingSpec
from service.jobs.job_request import JobRequest
from tests.support.documentation import SPEC_PAGES, curl_bodies, json_examples, page_text

EXAMPLES: dict[str, dict[str, Any]] = {
    f"{page.stem} {number}": example
    for page in SPEC_PAGES
    for number, example in enumerate(json_examples(page.read_text()), start=1)
}


def check_job(example: dict[str, Any]) -> None:
    JobRequest.model_validate_json(json.dumps(example))


def check_rows(example: dict[str, Any]) -> None:
    PredictionsRequest.model_validate_json(json.dumps(example))


def check_predictions(example: dict[str, Any]) -> None:
    PredictionsView.model_validate_json(json.dumps(example))


def check_layer(example: dict[str, Any]) -> None:
    TypeAdapter[Any](LayerSpec).validate_json(json.dumps(example))


def check_problem(example: dict[str, Any]) -> None:
    assert set(example) == {field.name for field in fields(PointedProblem)}


def check_finding(example: dict[str, Any]) -> None:
    assert Finding(**example).code in get_args(FindingCode)


def check_layer_statistics(example: dict[str, Any]) -> None:
    assert list(example) == list(LayerStatistics(*[None] * 7).as_json())  # type: ignore[arg-type]


def check_contributions(example: dict[str, Any]) -> None:
    assert list(example) == [field.name for field in fields(Contributions)]
    for listed, kind in (("layers", LayerContribution), ("largest", WeightContribution)):
        assert all(kind(**each) for each in example[listed])


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {  # by a field of the example; the first match decides
    "dataset_id": check_job,
    "rows": check_rows,
    "predictions": check_predictions,
    "type": check_layer,
    "pointer": check_problem,
    "code": check_finding,
    "gradient": check_layer_statistics,
    "largest": check_contributions,
}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_is_valid(example: dict[str, Any]) -> None:
    check = next(check for name, check in CHECKS.items() if name in example)
    check(example)


def test_the_bodies_of_curl_commands_are_valid_jobs() -> None:
    bodies = [body for page in SPEC_PAGES for body in curl_bodies(page.read_text())]
    assert len(bodies) == 2
    for body in bodies:
        check_job(body)


def test_every_loss_optimizer_and_schedule_is_on_the_training_page() -> None:
    page = page_text("training")
    kinds = TrainingSpec.model_json_schema()["$defs"]
    names = {kind["properties"]["type"]["const"] for kind in kinds.values() if "type" in kind.get("properties", {})}
    assert {"huber", "lion", "one_cycle"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in page and f'"{name}"' not in page] == []
