"""Every JSON example in docs/specs.md and docs/specs is what its page takes it for."""

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from engine.diagnostics.contributions import Contributions, LayerContribution, WeightContribution
from engine.diagnostics.findings import Finding, FindingCode
from engine.diagnostics.layer_statistics import LayerStatistics
from engine.errors import PointedProblem
from engine.spec import LayerSpec, ModelSpec, TrainingSpec
from service.jobs.job_request import JobRequest

FOLDER = Path(__file__).parents[2] / "docs"
PAGES = [FOLDER / "specs.md", *sorted((FOLDER / "specs").glob("*.md"))]
EXAMPLES: dict[str, dict[str, Any]] = {
    f"{page.stem} {number}": json.loads(block)
    for page in PAGES
    for number, block in enumerate(re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL), start=1)
}


def is_job(example: dict[str, Any]) -> None:
    JobRequest.model_validate_json(json.dumps(example))


def is_network(example: dict[str, Any]) -> None:
    assert set(example) <= {"model", "training"}
    ModelSpec.model_validate_json(json.dumps(example.get("model", {})))
    TrainingSpec.model_validate_json(json.dumps(example.get("training", {})))


def is_layer(example: dict[str, Any]) -> None:
    TypeAdapter[Any](LayerSpec).validate_json(json.dumps(example))


def is_problem(example: dict[str, Any]) -> None:
    assert PointedProblem(**example).as_json() == example


def is_finding(example: dict[str, Any]) -> None:
    assert Finding(**example).code in get_args(FindingCode)


def are_sizes(example: dict[str, Any]) -> None:
    assert list(example) == list(LayerStatistics(*[None] * 7).as_json())


def are_contributions(example: dict[str, Any]) -> None:
    assert list(example) == [field.name for field in fields(Contributions)]
    for listed, kind in (("layers", LayerContribution), ("largest", WeightContribution)):
        assert all(kind(**each) for each in example[listed])


KINDS: dict[str, Callable[[dict[str, Any]], None]] = {  # by the field that an example of the kind has, the first counts
    "dataset_id": is_job,
    "model": is_network,
    "training": is_network,
    "type": is_layer,
    "pointer": is_problem,
    "code": is_finding,
    "gradient": are_sizes,
    "largest": are_contributions,
}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_what_its_page_takes_it_for(example: dict[str, Any]) -> None:
    check = next(check for name, check in KINDS.items() if name in example)
    check(example)


def test_every_loss_optimizer_and_schedule_has_a_row_on_the_page() -> None:
    page = (FOLDER / "specs" / "training.md").read_text()
    kinds = TrainingSpec.model_json_schema()["$defs"]
    names = {kind["properties"]["type"]["const"] for kind in kinds.values() if "type" in kind.get("properties", {})}
    assert {"huber", "lion", "one_cycle"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in page and f'"{name}"' not in page] == []
