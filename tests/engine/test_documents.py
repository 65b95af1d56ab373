"""Every spec shown in docs/specs is one."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.spec import ModelSpec, TrainingSpec
from tabular.spec import FeatureSpec

FOLDER = Path(__file__).parents[2] / "docs" / "specs"
PARTS = {"features", "model", "training"}
BLOCKS: dict[str, dict[str, Any]] = {
    f"{page.stem} {number}": json.loads(block)
    for page in sorted(FOLDER.glob("*.md"))
    for number, block in enumerate(re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL), start=1)
}
EXAMPLES = {name: block for name, block in BLOCKS.items() if PARTS & set(block)}  # others are answers


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_a_spec(example: dict[str, Any]) -> None:
    assert set(example) <= {"dataset_id", "target"} | PARTS
    for feature in example.get("features", []):
        FeatureSpec.model_validate(feature)
    ModelSpec.model_validate_json(json.dumps(example.get("model", {})))
    TrainingSpec.model_validate_json(json.dumps(example.get("training", {})))


def test_every_loss_optimizer_and_schedule_has_a_row_on_the_page() -> None:
    page = (FOLDER / "training.md").read_text()
    kinds = TrainingSpec.model_json_schema()["$defs"]
    names = {kind["properties"]["type"]["const"] for kind in kinds.values() if "type" in kind.get("properties", {})}
    assert {"huber", "lion", "one_cycle"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in page and f'"{name}"' not in page] == []
