"""A client that a public generator makes from the OpenAPI document compiles and creates a job."""

import importlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.settings import Settings
from tests.support.project import ROOT
from tests.support.served_app import served
from tests.support.tables import flowers

PAGE = (ROOT / "docs" / "integration.md").read_text()


@pytest.mark.filterwarnings("ignore")  # of the generated code
def test_the_python_client_creates_a_job(
    client: TestClient, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openapi_python_client", reason="the dependency group clients is not installed")
    from api.app import create_app

    (tmp_path / "openapi.json").write_text(json.dumps(client.get("/openapi.json").json()))
    configuration = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert configuration
    (tmp_path / "client.yaml").write_text(configuration[1])
    command = "generate --path openapi.json --config client.yaml --meta none --output-path backprop_client"
    assert command in PAGE
    generator = [sys.executable, "-m", "openapi_python_client", *command.split()]
    made = subprocess.run(generator, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Warning" not in made.stdout
    monkeypatch.syspath_prepend(tmp_path)
    with served(create_app(settings)) as url:
        assert submit(url) == "queued"


def submit(url: str) -> str:
    """Upload a table and submit a job with the generated client; return the state of the job."""
    package: Any = importlib.import_module("backprop_client")
    models: Any = importlib.import_module("backprop_client.models")
    types: Any = importlib.import_module("backprop_client.types")
    create_dataset: Any = importlib.import_module("backprop_client.api.datasets.create_dataset")
    create_job: Any = importlib.import_module("backprop_client.api.jobs.create_job")
    caller = package.Client(base_url=url)
    file = types.File(payload=io.BytesIO(flowers().encode()), file_name="flowers.csv", mime_type="text/csv")
    dataset = create_dataset.sync(client=caller, body=models.CreateDatasetFilesBody(file=file))
    job = create_job.sync(client=caller, body=models.JobRequest(dataset_id=dataset.id, target="kind"))
    return str(job.state)
