"""The program of docs/evaluation.md runs as written."""

import re
from pathlib import Path

from tests.support.documentation import run_python_of
from tests.support.example_service import ExampleService


def test_the_program_prints_an_evaluation_and_an_explained_prediction(service: ExampleService, tmp_path: Path) -> None:
    score, *importance, answer, baseline, area, rooms, district = run_python_of(
        "evaluation.md", tmp_path, str(service.client.base_url)
    )
    assert float(score.split()[1]) > 0.9
    assert {line.split()[0] for line in importance} == {"area", "rooms", "district"}
    value, low, high = (float(number) for number in re.findall(r"\b\d{3,}\b", answer))
    assert low < value < high
    parts = [float(line.split()[-1]) for line in (baseline, area, rooms, district)]
    assert abs(sum(parts) - value) <= 3  # each is rounded
