"""The models of docs/specs/images.md learn what it says."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.layers.convolution.windows import TORCH_OVER_TIME
from engine.layers.residual import TORCH
from engine.spec import ModelSpec, TrainingSpec
from tests.support.images import digits, spirals
from tests.support.training_runs import classifier, run

PAGE = (Path(__file__).parents[2] / "docs" / "specs" / "images.md").read_text()
SPIRALS, LENET, RESNET = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def share_right(example: dict[str, Any], rows: Rows, unseen: Rows) -> float:
    """Train as the example says, and return the share of unseen rows that are classified right."""
    layers = ModelSpec.model_validate_json(json.dumps(example["model"])).layers
    network = classifier(*layers, inputs=rows.x.shape[1], classes=int(rows.y.max()) + 1)
    run(network, TrainingSpec.model_validate_json(json.dumps(example["training"])), rows)
    return float(np.mean(network.predict(unseen.x).argmax(axis=1) == unseen.y))


@pytest.fixture(scope="module")
def pictures() -> tuple[Rows, Rows]:
    return digits(1_500, 0), digits(500, 1)


def test_two_spirals_are_told_apart() -> None:
    assert share_right(SPIRALS, spirals(1_000, 0), spirals(500, 1)) > 0.99


def test_lenet_reads_digits(pictures: tuple[Rows, Rows]) -> None:
    assert share_right(LENET, *pictures) > 0.98


def test_a_small_resnet_reads_digits(pictures: tuple[Rows, Rows]) -> None:
    assert share_right(RESNET, *pictures) > 0.98


def test_the_page_shows_the_classes_that_pytorch_is_told_of() -> None:
    assert TORCH in PAGE
    assert TORCH_OVER_TIME in PAGE
