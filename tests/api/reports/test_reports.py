"""Training reports as JSON and as a page that is safe to open, whatever the texts in it are."""

import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Update, update

from api.reports.page import report_page
from api.reports.schemas import ReportView
from store.db.transaction import transaction
from store.tables import Job, Model

PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;"
NUMBERS = itertools.count()
HTML = {"Accept": "text/html,application/xhtml+xml"}
CODED = {"code", "kind", "key", "state", "part"}  # fields whose texts the service alone writes


class Elements(HTMLParser):
    """The tags of a page, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.text = list[str](), list[tuple[str, str | None]](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def path(model: dict[str, Any]) -> str:
    """The path of the report on the job of a model."""
    return f"/v1/jobs/{model['job_id']}/report"


def test_a_report_tells_what_was_learned_how_and_what_it_cost(
    client: TestClient, path: str, model: dict[str, Any]
) -> None:
    report = client.get(path).json()
    assert report["missing"] == []
    assert report["summary"][0] == "The model predicts which class 'kind' has: 'iris', 'rose', 'tulip'."
    assert "always naming the most common class" in report["summary"][2]
    assert report["data"]["features"] == ["length", "width", "color"]
    assert report["evaluation"] == client.get(f"/v1/models/{model['id']}/evaluation").json()
    assert report["contributions"] == client.get(f"/v1/models/{model['id']}/contributions").json()
    assert report["layers"][0]["epoch"] == 1
    assert report["actual"]["seconds"] > 0
    assert [each["state"] for each in report["transitions"]] == ["queued", "running", "succeeded"]
    step, costs = report["how_it_learned"], report["costs"]
    assert [stage["key"] for stage in step["stages"]] == ["forward", "loss", "backward", "update"]
    assert step["weight"]["input_name"].split(" = ")[0] in {"length", "width", "color"}
    assert [(each["label"], each["flops_forward"]) for each in step["layers"]] == [
        (each["label"], each["flops_forward"]) for each in costs["layers"]
    ]
    epochs, rows = report["actual"]["epochs"], report["data"]["training_rows"]
    assert costs["flops"]["forward"] == epochs * rows * sum(each["flops_forward"] for each in costs["layers"])
    shares = [option["share"] for option in report["fine_tuning"]["options"]]
    assert shares == sorted(shares, reverse=True)
    assert report["fine_tuning"]["options"][-1]["frozen"] == [0, 2]


def test_the_page_needs_nothing_else_and_runs_nothing(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.headers["content-type"].startswith("text/html")
    assert "unsafe-inline" not in response.headers["content-security-policy"]
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    found = Elements(response.text)
    assert not {"script", "link", "img", "iframe", "form", "a"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name in {"src", "href", "style"} or name.startswith("on")]
    assert not re.search(r"https?://|url\(|@import", response.text)
    text = " ".join(found.text)
    for expected in ("How this network learned", "The path of one weight", "What fine-tuning instead would have cost"):
        assert expected in text


def test_texts_of_users_never_become_elements(client: TestClient, path: str) -> None:
    report = client.get(path).json()
    clean = Elements(report_page(ReportView.model_validate(report)))
    poisoned = Elements(report_page(ReportView.model_validate(poison(report))))
    assert poisoned.tags == clean.tags
    assert [name for name, _ in poisoned.attributes] == [name for name, _ in clean.attributes]
    assert PAYLOAD in "".join(poisoned.text)


def poison(value: Any, key: str = "") -> Any:
    """Return JSON values in which every text of users is the payload; labels keep what tells layers apart."""
    if isinstance(value, dict):
        return {name: poison(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poison(each, key) for each in value]
    if not isinstance(value, str) or key in CODED:
        return value
    return f"{PAYLOAD}{value}" if key in {"label", "layer", "type"} else f"{PAYLOAD}{next(NUMBERS)}"


def test_reports_have_validators_for_each_form(client: TestClient, path: str) -> None:
    data, page = client.get(path), client.get(path, headers=HTML)
    assert data.headers["etag"] != page.headers["etag"]
    assert data.headers["vary"] == page.headers["vary"] == "Accept"
    assert client.get(path, headers={"If-None-Match": data.headers["etag"]}).status_code == 304
    assert client.get(path, headers={**HTML, "If-None-Match": data.headers["etag"]}).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.headers["etag"]) == (200, data.headers["etag"])


@pytest.mark.parametrize("headers", [{}, HTML])
def test_a_job_that_has_not_started_has_a_report(
    client: TestClient, dataset: dict[str, Any], headers: dict[str, str]
) -> None:
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    response = client.get(f"{job['links']['self']}/report", headers=headers)
    assert response.status_code == 200
    assert "The job is waiting for a worker." in response.text
    client.post(f"{job['links']['self']}/cancel")
    assert "The job was canceled" in client.get(f"{job['links']['self']}/report", headers=headers).text


def test_a_failed_job_says_why(client: TestClient, dataset: dict[str, Any], work: Callable[[], None]) -> None:
    optimizer = {"type": "sgd", "learning_rate": 1e9}
    body = {"dataset_id": dataset["id"], "target": "kind", "training": {"optimizer": optimizer, "epochs": 9}}
    job = client.post("/v1/jobs", json=body).json()
    work()
    report = client.get(f"{job['links']['self']}/report").json()
    assert report["state"] == "failed"
    assert "Use a smaller learning_rate" in report["end"]["in_words"][0]
    assert {each["reason"] for each in report["missing"] if each["part"] == "step"} == {
        "The job failed before it had a model."
    }
    assert report["costs"]["layers"]
    assert "Use a smaller learning_rate" in client.get(f"{job['links']['self']}/report", headers=HTML).text


@pytest.mark.parametrize(("state", "reason"), [("running", "still running"), ("paused", "is paused")])
def test_a_job_in_progress_shows_its_epochs_and_says_what_is_missing(
    client: TestClient, path: str, model: dict[str, Any], state: str, reason: str
) -> None:
    change(client, update(Job).where(Job.id == model["job_id"]).values(state=state, model_id=None, stop_reason=None))
    report = client.get(path).json()
    assert report["curve"]
    assert report["costs"]["layers"]
    assert {each["part"] for each in report["missing"] if reason in each["reason"]} == {
        *("evaluation", "contributions", "step")
    }
    assert client.get(path, headers=HTML).status_code == 200


def test_a_model_of_an_earlier_version_has_a_report_without_a_step(
    client: TestClient, path: str, model: dict[str, Any]
) -> None:
    nothing = {"backpropagation": None, "contributions": None}
    change(client, update(Model).where(Model.id == model["id"]).values(nothing))
    report = client.get(path).json()
    assert report["how_it_learned"] is None
    assert {each["part"] for each in report["missing"]} == {"step", "contributions"}
    assert "an earlier version trained the model" in client.get(path, headers=HTML).text


def change(client: TestClient, statement: Update) -> None:
    """Change rows as another version of the service left them."""
    with transaction(client.app.state.services.sessions) as tx:  # type: ignore[attr-defined]  # of our application
        tx.execute(statement)


def test_ensembles_say_which_network_is_shown(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "ensemble": {"type": "seeds", "networks": 2}}
    job = client.post("/v1/jobs", json=body | {"training": {"epochs": 3}}).json()
    work()
    path = f"{job['links']['self']}/report"
    report = client.get(path).json()
    assert report["how_it_learned"]["network"]["networks"] == report["costs"]["networks"] == 2
    assert "averages the answers of 2 networks" in client.get(path, headers=HTML).text


def test_what_was_deleted_is_named(client: TestClient, path: str, model: dict[str, Any]) -> None:
    client.delete(f"/v1/models/{model['id']}")
    client.delete(f"/v1/datasets/{model['dataset_id']}")
    missing = {each["part"]: each["reason"] for each in client.get(path).json()["missing"]}
    assert missing["step"] == missing["evaluation"] == "The model was deleted."
    assert missing["data"] == "The data set was deleted."
    assert client.get(path, headers=HTML).status_code == 200
    client.delete(path.removesuffix("/report"))
    assert client.get(path).json()["code"] == "not_found"
