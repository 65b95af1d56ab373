"""The program of docs/replacing-models.md runs as written."""

from pathlib import Path

from tests.support.documentation import run_python_of
from tests.support.example_service import ExampleService


def test_the_program_moves_the_alias_to_the_better_model(service: ExampleService, tmp_path: Path) -> None:
    current, challenger, summary, answer = run_python_of("replacing-models.md", tmp_path, str(service.client.base_url))
    assert float(current.split()[-1]) > float(challenger.split()[-1])
    assert summary.startswith("The second model is better: its loss is ")
    assert answer == "yes by the new model"
