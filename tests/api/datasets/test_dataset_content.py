"""GET /v1/datasets/{id}/content: the canonical Parquet file, whole and in ranges."""

from pathlib import Path

from fastapi.testclient import TestClient

from tabular.table import read_table
from tests.support.api import upload


def test_the_content_is_the_table_that_was_read(client: TestClient, tmp_path: Path) -> None:
    path = f"/v1/datasets/{upload(client, CSV_TEXT)['id']}/content"
    response = client.get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/vnd.apache.parquet")
    (tmp_path / "a.parquet").write_bytes(response.content)
    assert read_table(tmp_path / "a.parquet").columns["a"].values.tolist() == [1, 2, 3]


def test_ranges_and_etags_are_supported(client: TestClient) -> None:
    path = f"/v1/datasets/{upload(client, CSV_TEXT)['id']}/content"
    whole = client.get(path)
    part = client.get(path, headers={"Range": "bytes=4-9", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert client.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_unknown_data_sets_have_no_content(client: TestClient) -> None:
    assert client.get("/v1/datasets/ds_0198f3c2a4b07d3e8f1c2b3a4d5e6f70/content").status_code == 404


CSV_TEXT = "a,b\n1,x\n2,y\n3,x\n"
