"""Model cards as JSON and as a page that is safe to open, whatever the texts in it are."""

import itertools
import re
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient

from api.model_cards.page import card_page
from api.model_cards.schemas import ModelCardView

PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;"
NUMBERS = itertools.count()
HTML = {"Accept": "text/html,application/xhtml+xml"}


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


def test_a_card_tells_what_the_model_predicts_and_how_good_it_is(client: TestClient, model: dict[str, Any]) -> None:
    card = client.get(f"/v1/models/{model['id']}/card").json()
    assert card["summary"] == "The model predicts which class 'kind' has: 'iris', 'rose', 'tulip'."
    assert (card["id"], card["dataset"]["id"]) == (model["id"], model["dataset_id"])
    assert [column["name"] for column in card["columns"]] == ["length", "width", "color"]
    assert card["columns"][0]["min"] < card["columns"][0]["max"]
    assert card["evaluation"] == client.get(f"/v1/models/{model['id']}/evaluation").json()
    assert card["origin"]["weights_sha256"] == model["weights"]["sha256"]
    assert card["origin"]["fingerprint"] == model["fingerprint"]
    assert card["training"]["curve"]
    assert card["training"]["cpu_seconds"] > 0
    assert card["limits"][0].startswith("Values of 'length', 'width' outside the ranges")
    assert any("count as unknown" in limit for limit in card["limits"])


def test_the_page_needs_nothing_else_and_runs_nothing(client: TestClient, model: dict[str, Any]) -> None:
    response = client.get(f"/v1/models/{model['id']}/card", headers=HTML)
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    found = Elements(response.text)
    assert not {"script", "link", "img", "iframe", "form", "a"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name in {"src", "href", "style"} or name.startswith("on")]
    assert not re.search(r"https?://|url\(|@import", response.text)
    assert found.tags.count("svg") >= 2
    text = " ".join(found.text)
    for expected in (
        "Accuracy",
        "Baseline",
        "Intervals and label sets",
        "Mean size",
        "Limits of use",
        "CPU seconds",
        model["weights"]["sha256"],
        "tulip",
    ):
        assert expected in text


def test_texts_of_users_never_become_elements(client: TestClient, model: dict[str, Any]) -> None:
    card = client.get(f"/v1/models/{model['id']}/card").json()
    clean = Elements(card_page(ModelCardView.model_validate(card)))
    poisoned = Elements(card_page(ModelCardView.model_validate(poison(card))))
    assert poisoned.tags == clean.tags
    assert [name for name, _ in poisoned.attributes] == [name for name, _ in clean.attributes]
    assert PAYLOAD in "".join(poisoned.text)


def test_an_unknown_model_has_no_card(client: TestClient) -> None:
    assert client.get("/v1/models/mdl_0198f3c2a4b07d3e8f1c2b3a4d5e6f71/card").json()["code"] == "not_found"


def poison(value: Any) -> Any:
    """Return JSON values in which every text is the payload and a number; keys stay, because code reads them."""
    if isinstance(value, dict):
        return {key: poison(each) for key, each in value.items()}
    if isinstance(value, list):
        return [poison(each) for each in value]
    return f"{PAYLOAD}{next(NUMBERS)}" if isinstance(value, str) else value
