"""/v1/datasets: responses to valid and invalid uploads."""

import gzip
import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from api.settings import ApiSettings
from service.settings import Settings
from store.clock import now
from store.db.transaction import transaction
from store.tables import Dataset
from tests.support.api import CSV, pointers, upload
from tests.support.tables import flowers


def test_a_table_is_stored_and_profiled(client: TestClient) -> None:
    csv = flowers()
    response = client.post("/v1/datasets?name=flowers", content=csv, headers=CSV)
    found = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/v1/datasets/{found['id']}"
    assert (found["name"], found["rows"], found["bytes"], found["format"]) == ("flowers", 120, len(csv), "csv")
    assert found["sha256"] == hashlib.sha256(csv.encode()).hexdigest()
    types = {column["name"]: column["type"] for column in found["columns"]}
    assert types == {"length": "number", "width": "number", "color": "category", "kind": "category"}
    assert client.get(response.headers["Location"]).json() == found
    assert [column["name"] for column in found["columns"] if column.pop("histogram", None)] == ["length", "width"]
    assert client.get("/v1/datasets").json() == {"data": [found], "next_cursor": None}  # without histograms


def test_a_form_and_gzip_give_the_same_table_as_the_file_itself(client: TestClient) -> None:
    csv = flowers()
    plain = upload(client, csv)
    form = client.post("/v1/datasets", files={"file": ("my flowers.csv", csv)}).json()
    packed = client.post(
        "/v1/datasets", content=gzip.compress(csv.encode()), headers={**CSV, "Content-Encoding": "gzip"}
    )
    assert form["name"] == "my flowers.csv"
    assert form["sha256"] == packed.json()["sha256"] == plain["sha256"]
    assert form["columns"] == packed.json()["columns"] == plain["columns"]


def test_read_options_are_applied(client: TestClient) -> None:
    found = upload(client, "1;x\n-;y\n3;x\n", delimiter=";", header="false", missing="-", types="column_1:category")
    assert found["rows"] == 3
    assert [(column["type"], column["missing"]) for column in found["columns"]] == [("category", 1), ("category", 0)]


def test_reading_rules_are_shown_and_can_be_sent(client: TestClient) -> None:
    rows = "".join(f"{day};{day}.5;1.{day}.24\n" for day in range(1, 13))
    found = upload(client, f"größe;b;d\n{rows}-9;3.5;n.d.\n", missing="-9,n.d.", date_format="d:%d.%m.%y", decimal=".")
    assert found["reading"]["delimiter"] == ";"
    assert {"-9", "n.d.", "NA"} <= set(found["reading"]["missing"])
    assert [(column["name"], column["missing"]) for column in found["columns"]] == [("größe", 1), ("b", 0), ("d", 1)]
    assert found["columns"][2]["format"] == {"dates": ["%d.%m.%y"]}


def test_declared_charset_is_obeyed(client: TestClient) -> None:
    body = "stadt,n\nKöln,1\nZürich,2\n".encode("latin-1")
    found = client.post("/v1/datasets", content=body, headers={"Content-Type": "text/csv; charset=iso-8859-1"}).json()
    assert found["reading"]["encoding"] == "iso8859-1"
    assert not [warning for warning in found["warnings"] if warning["code"] == "not_utf8"]


def test_charset_of_the_file_in_a_form_is_obeyed(client: TestClient) -> None:
    def send(charset: str) -> dict[str, Any]:
        file = ("t.csv", "stadt,n\nKöln,1\nZürich,2\n".encode("latin-1"), f"text/csv; charset={charset}")
        found: dict[str, Any] = client.post("/v1/datasets", files={"file": file}).json()
        return found

    assert send("iso-8859-1")["reading"]["encoding"] == "iso8859-1"
    assert pointers(send("klingon")) == ["form file"]


BAD_FILES = {
    "empty": b"",
    "header only": b"a,b,y\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "ragged": b"a,b\n1,2\n3\n4,5,6\n7,8\n",
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_an_invalid_file_is_rejected_with_all_errors_and_not_stored(
    client: TestClient, settings: Settings, kind: str
) -> None:
    response = client.post("/v1/datasets", content=BAD_FILES[kind], headers=CSV)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "invalid_dataset")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert all(error["detail"] and error["fix"] for error in problem["errors"])
    assert client.get("/v1/datasets").json()["data"] == []
    assert list((settings.data / "uploads").iterdir()) == []


def test_invalid_cells_are_reported_with_line_column_value_and_fix(client: TestClient) -> None:
    good = "".join(f"{number},x\n" for number in range(40))
    problem = client.post("/v1/datasets", content=f"a,b\n{good}oops,x\n7,y\nuh,z\n", headers=CSV).json()
    cells = [(error["line"], error["column"], error["value"]) for error in problem["errors"]]
    assert cells == [(42, "a", "oops"), (44, "a", "uh")]


REFUSED = {
    "another type": ("{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
    "no type": ("a,b\n", {}, 415, "unsupported_media_type"),
    "another encoding": ("a,b\n", {**CSV, "Content-Encoding": "br"}, 415, "unsupported_media_type"),
    "no gzip": ("a,b\n", {**CSV, "Content-Encoding": "gzip"}, 422, "invalid_request"),
    "a cut gzip": (gzip.compress(flowers().encode())[:-9], {**CSV, "Content-Encoding": "gzip"}, 422, "invalid_request"),
    "a gzip bomb": (gzip.compress(bytes(30 << 20)), {**CSV, "Content-Encoding": "gzip"}, 413, "too_large"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_unusable_body_is_rejected(client: TestClient, kind: str) -> None:
    body, headers, status, code = REFUSED[kind]
    response = client.post("/v1/datasets", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "query", [{"delimiter": "::"}, {"header": "maybe"}, {"types": "a"}, {"types": "a:color"}, {"name": ""}]
)
def test_invalid_options_are_rejected(client: TestClient, query: dict[str, str]) -> None:
    response = client.post("/v1/datasets", params=query, content="a,b\n1,2\n", headers=CSV)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"]


class TestSmallLimits:
    """Files over the limit are rejected."""

    @pytest.fixture
    def api_settings(self) -> ApiSettings:
        return ApiSettings(max_upload_bytes=1000)

    def test_a_file_over_the_limit_is_rejected(self, client: TestClient) -> None:
        for body in ({"content": "1,2\n" * 1000, "headers": CSV}, {"files": {"file": "1,2\n" * 1000}}):
            response = client.post("/v1/datasets", **body)
            assert (response.status_code, response.json()["code"]) == (413, "too_large")

    def test_a_body_of_unknown_length_is_rejected_once_it_is_too_large(self, client: TestClient) -> None:
        response = client.post("/v1/datasets", content=(b"1,2\n" for _ in range(1000)), headers=CSV)
        assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_data_set_cannot_be_deleted_while_a_job_needs_it(client: TestClient, dataset: dict[str, Any]) -> None:
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    response = client.delete(f"/v1/datasets/{dataset['id']}")
    assert (response.status_code, response.json()["code"]) == (409, "dataset_in_use")
    client.post(f"/v1/jobs/{job['id']}/cancel")
    assert client.delete(f"/v1/datasets/{dataset['id']}").status_code == 204
    assert client.get(f"/v1/datasets/{dataset['id']}").status_code == 404


def test_the_next_page_starts_where_the_previous_one_ended(client: TestClient) -> None:
    ids = [upload(client, "a,b\n1,2\n3,4\n")["id"] for _ in range(3)]
    first = client.get("/v1/datasets?limit=2").json()
    second = client.get("/v1/datasets", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in first["data"] + second["data"]] == ids[::-1]
    assert second["next_cursor"] is None


def test_an_upload_repeated_with_its_key_gets_the_first_response(client: TestClient) -> None:
    headers = {**CSV, "Idempotency-Key": "k1"}
    first = client.post("/v1/datasets", content=flowers(), headers=headers)
    again = client.post("/v1/datasets", content=flowers(), headers=headers)
    other = client.post("/v1/datasets", content=flowers(seed=8), headers=headers)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_mismatch"
    assert len(client.get("/v1/datasets").json()["data"]) == 1


def test_metadata_is_returned_and_searched(client: TestClient) -> None:
    about = {"metadata.team": "risk", "metadata.a key": "Köln & co"}
    found = upload(client, flowers(), **about)
    upload(client, flowers(), **{"metadata.team": "sales"})
    assert found["metadata"] == {"team": "risk", "a key": "Köln & co"}
    assert [row["id"] for row in client.get("/v1/datasets", params=about).json()["data"]] == [found["id"]]
    assert client.get("/v1/datasets?created_after=2999-01-01T00:00:00Z").json()["data"] == []
    many = {f"metadata.{number}": "x" for number in range(17)}
    assert client.get("/v1/datasets", params=many).json()["code"] == "over_limit"


INVALID_PARAMETERS = {
    "metadata.": [("metadata.", "x")],
    "metadata.a": [("metadata.a", "x\0")],
    "metadata.b": [("metadata.b", "x" * 513)],
    f"metadata.{'k' * 65}": [(f"metadata.{'k' * 65}", "x")],
    "metadata.c": [("metadata.c", "1"), ("metadata.c", "2")],
    "metadata.*": [(f"metadata.{number}", "x") for number in range(17)],
    "ttl_seconds": [("ttl_seconds", "0")],
}


@pytest.mark.parametrize("name", INVALID_PARAMETERS)
def test_invalid_metadata_and_time_to_live_are_rejected(client: TestClient, name: str) -> None:
    response = client.post("/v1/datasets", params=INVALID_PARAMETERS[name], content=flowers(), headers=CSV)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert pointers(response.json()) == [f"query {name}"]


def test_an_expired_data_set_is_not_found_and_starts_no_job(client: TestClient) -> None:
    found = upload(client, flowers(), ttl_seconds="60")
    path = f"/v1/datasets/{found['id']}"
    assert found["created_at"] < found["expires_at"]
    with transaction(client.app.state.services.sessions) as tx:  # type: ignore[attr-defined]  # Starlette's type
        tx.execute(update(Dataset).values(expires_at=now()))
    job = client.post("/v1/jobs", json={"dataset_id": found["id"], "target": "kind"})
    answers = [client.get(path), client.get(f"{path}/content"), client.delete(path), job]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4
    assert "expired at" in job.json()["detail"]
    assert client.get("/v1/datasets").json()["data"] == []
