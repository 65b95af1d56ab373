"""/v1/datasets: files of every format, as a body and in forms."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.support.typed_files import write_npz, write_parquet

TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "ndjson": "application/x-ndjson",
    "npz": "application/x-npz",
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """The same table in each format."""
    query = "SELECT i::DOUBLE AS x_0, 'k' || i % 2 AS y FROM range(6) AS r(i)"
    x, y = np.arange(6.0).reshape(6, 1), np.array(["k0", "k1"] * 3)
    return {
        "parquet": write_parquet(tmp_path / "a.parquet", query).read_bytes(),
        "ndjson": b"".join(b'{"x_0": %d.0, "y": "k%d"}\n' % (i, i % 2) for i in range(6)),
        "npz": write_npz(tmp_path / "a.npz", x=x, y=y).read_bytes(),
    }


@pytest.mark.parametrize("kind", TYPES)
def test_the_media_type_decides_how_a_file_is_read(client: TestClient, files: dict[str, bytes], kind: str) -> None:
    response = client.post("/v1/datasets", content=files[kind], headers={"Content-Type": TYPES[kind]})
    found = response.json()
    assert (response.status_code, found["format"], found["bytes"]) == (201, kind, len(files[kind]))
    assert [(each["name"], each["type"]) for each in found["columns"]] == [("x_0", "number"), ("y", "category")]


def test_gzip_and_forms_give_the_same_data_set(client: TestClient, files: dict[str, bytes]) -> None:
    packed = gzip.compress(files["parquet"])
    headers = {"Content-Type": TYPES["parquet"], "Content-Encoding": "gzip"}
    body = client.post("/v1/datasets", content=packed, headers=headers).json()
    by_name = client.post("/v1/datasets", files={"file": ("a.parquet.gz", packed)}).json()
    by_type = client.post("/v1/datasets", files={"file": ("a", files["parquet"], TYPES["parquet"])}).json()
    assert body["format"] == by_name["format"] == by_type["format"] == "parquet"
    assert body["sha256"] == by_name["sha256"] == by_type["sha256"]


def test_an_invalid_file_is_rejected_with_problems(client: TestClient) -> None:
    for kind, media_type in TYPES.items():
        problem = client.post("/v1/datasets", content=b"x,y\n1,2\n", headers={"Content-Type": media_type}).json()
        assert (problem["code"], bool(problem["errors"])) == ("invalid_dataset", True), kind
