"""The program of docs/learning-curves.md runs as written."""

from pathlib import Path

from tests.support.documentation import run_python_of
from tests.support.example_service import ExampleService


def test_program_says_whether_more_data_helps(service: ExampleService, tmp_path: Path) -> None:
    (summary,) = run_python_of("learning-curves.md", tmp_path, str(service.client.base_url))
    assert summary.startswith("With all 1,600 training rows, the accuracy is about")
    assert "A job with twice the rows would have" in summary
