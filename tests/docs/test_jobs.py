"""Every job in docs/specs runs on a service as it is, and its model is as good as the page says."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples.tables import make_table
from tests.support.documentation import SPEC_PAGES, curl_bodies, json_examples, page_text, shell_commands
from tests.support.example_service import (
    ExampleService,
    csv,
    income_csv,
    inputs_of,
    label_accuracy,
    r2,
    rows_all_correct,
    rows_of,
)
from tests.support.project import ROOT

JOBS = {
    f"{page.stem} {number}": example
    for page in SPEC_PAGES
    for number, example in enumerate(json_examples(page.read_text()), start=1)
    if "dataset_id" in example
}
TABLES = {  # target -> the table that has it
    "different": "xor",
    "symmetric": "symmetry",
    "spiral": "spirals",
    "digit": "digits",
    "next": "waves",
    "s0": "sorting",
    "sales": "shops",
    "grade": "parts",
    "recommended": "reviews",
    "income": "income",
    "visitors": "visitors",
    "claims": "claims",
    "days": "customers",
}
UNSEEN_ROWS = 300


def job_of(page: str, number: int, service: ExampleService) -> dict[str, Any]:
    """Return a job of a page with the IDs of its data set and of its validation rows."""
    example = copy.deepcopy(JOBS[f"{page} {number}"])
    target = example["target"]
    if "dataset_id" in (validation := example.get("training", {}).get("validation", {})):
        validation["dataset_id"] = service.upload(income_csv(rows=500, skipped=4_000))
    return {**example, "dataset_id": service.dataset(TABLES[target if isinstance(target, str) else target[0]])}


@pytest.mark.parametrize(
    ("page", "number", "accuracy"),
    [
        ("first_problems", 1, 1.0),
        ("first_problems", 2, 1.0),
        ("features", 2, 0.95),
        ("images", 1, 0.99),
        ("images", 2, 0.96),
        ("images", 3, 0.97),
    ],
    ids=["exclusive or", "symmetry", "reviews", "two spirals", "LeNet", "ResNet"],
)
def test_a_classifier_is_as_accurate_as_its_page_says(
    page: str, number: int, accuracy: float, service: ExampleService
) -> None:
    body = job_of(page, number, service)
    target = body["target"]
    unseen = make_table(TABLES[target], UNSEEN_ROWS, seed=1)
    predictions = service.predict(service.train(body), inputs_of(unseen, [target]))
    assert label_accuracy(predictions, unseen, target) >= accuracy


@pytest.mark.parametrize(
    ("page", "number", "least"), [("sequences", 1, 0.998), ("features", 3, 0.95)], ids=["forecast", "shops"]
)
def test_a_regression_explains_the_variance_that_its_page_says(
    page: str, number: int, least: float, service: ExampleService
) -> None:
    body = job_of(page, number, service)
    target = body["target"]
    unseen = make_table(TABLES[target], UNSEEN_ROWS, seed=1)
    predictions = service.predict(service.train(body), inputs_of(unseen, [target]))
    assert r2(predictions, unseen, target) >= least


def test_the_transformer_sorts_unseen_digits(service: ExampleService) -> None:
    body = job_of("sequences", 2, service)
    unseen = make_table("sorting", UNSEEN_ROWS, seed=1)
    predictions = service.predict(service.train(body), inputs_of(unseen, body["target"]))
    assert rows_all_correct(predictions, unseen, body["target"]).mean() >= 0.97


def test_bins_and_cycles_predict_and_can_be_fine_tuned(service: ExampleService) -> None:
    job = service.train(job_of("features", 1, service))
    tuned = service.train({**job_of("features", 1, service), "init_from": {"model_id": job["model_id"]}})
    assert tuned["spec"]["init_from"]["head"]
    rows = [{"age": 39, "hours_per_week": 40, "education": "Bachelors"}, {"age": None}]
    body = {"rows": rows}
    for each in (job, tuned):
        answers = service.client.post(f"{each['links']['model']}/predictions", json=body).json()["predictions"]
        assert {answer["label"] for answer in answers} <= {"<=50K", ">50K"}
    weights = service.client.get(f"{job['links']['model']}/weights?format=npz")
    assert weights.status_code == 200


def test_windows_of_the_past_predict_what_follows_each_series(service: ExampleService) -> None:
    job = service.train(job_of("sequences", 3, service))
    model = service.client.get(job["links"]["model"]).json()
    evaluation = model["evaluation"]
    assert evaluation["r2"] >= 0.85 > evaluation["last_value"]["r2"]
    assert evaluation["validation"]["by"] == "time"
    assert len(model["architecture"]["input_names"]) == model["architecture"]["inputs"] == 28 * 5
    table = make_table("visitors")
    known, last = rows_of(table, np.arange(2396)[::-1]), rows_of(table, np.arange(2396, 2400))
    answers = service.predict(job, rows_of(known, np.arange(4 * 30)))
    assert [answer["after"]["museum"] for answer in answers] == known["museum"][:4].tolist()
    assert {answer["after"]["day"] for answer in answers} == {f"{known['day'][0]}T00:00:00.000Z"}
    expected = dict(zip(last["museum"].tolist(), last["visitors"].tolist(), strict=True))
    errors = [abs(answer["value"] / expected[answer["after"]["museum"]] - 1) for answer in answers]
    assert np.mean(errors) < 0.3
    body = {"rows": [{"day": "2024-08-21", "museum": "art", "visitors": 502}]}
    refused = service.client.post(f"{job['links']['model']}/predictions", json=body)
    (problem,) = refused.json()["errors"]
    assert (refused.status_code, problem["pointer"]) == (422, "/rows")
    assert "needs the last 28 rows" in problem["detail"]
    assert "'art'" in problem["detail"]


def test_family_trees_are_learned_and_some_omitted_facts_are_right(service: ExampleService) -> None:
    """100 facts are learned and 4 omitted, for two seeds. By chance none of the omitted ones would be right."""
    facts, example = make_table("family_trees"), JOBS["first_problems 3"]
    omitted_and_right = 0
    for seed in (1, 5):
        omitted = np.random.default_rng(seed).permutation(104)[:4]
        dataset_id = service.upload(csv(rows_of(facts, np.delete(np.arange(104), omitted))))
        job = service.train({**example, "dataset_id": dataset_id, "training": {**example["training"], "seed": seed}})
        right = rows_all_correct(service.predict(job, inputs_of(facts, example["target"])), facts, example["target"])
        assert np.delete(right, omitted).all()
        omitted_and_right += int(right[omitted].sum())
    assert omitted_and_right >= 1


@pytest.mark.parametrize(
    "number",
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ids=[
        "most fields",
        "held-out groups",
        "rows of one's own",
        "cross-validation",
        "ensemble",
        "several targets",
        "sample weights",
        "learning rates",
        "range test",
    ],
)
def test_a_job_of_the_training_page_succeeds(number: int, service: ExampleService) -> None:
    job = service.train(job_of("training", number, service))
    assert job["metrics"]["train_loss"] is not None
    assert job["model_id"]


@pytest.mark.parametrize(("page", "number"), [("training", 10), ("specs", 1)])
def test_a_job_continues_from_another_jobs_model(page: str, number: int, service: ExampleService) -> None:
    base = service.train({"dataset_id": service.dataset("income"), "target": "income", "training": {"epochs": 2}})
    example = JOBS[f"{page} {number}"]
    init_from = {**example["init_from"], "model_id": base["model_id"]}
    job = service.train({**example, "dataset_id": service.dataset("income"), "init_from": init_from})
    assert job["spec"]["init_from"]["model_id"] == base["model_id"]


def test_the_range_test_with_curl_suggests_a_rate(service: ExampleService) -> None:
    body = curl_bodies(page_text("training"))[0]
    job = service.train({**body, "dataset_id": service.dataset("income")})
    assert job["range_test"]["suggested"] > 0
    assert job["progress"]["epochs"] == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_shell_commands_of_the_specs_page_end_with_a_model(service: ExampleService, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    address = str(service.client.base_url).rstrip("/")
    make, upload, submit = (
        command.replace("http://127.0.0.1:8000", address).replace(".venv/bin/python", sys.executable)
        for command in shell_commands((ROOT / "docs" / "specs.md").read_text())
    )

    def shell(command: str) -> str:
        return subprocess.run(
            ["sh", "-eu", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    shell(make)
    dataset_id = json.loads(shell(upload))["id"]
    (tmp_path / "job.json").write_text(json.dumps({**JOBS["images 1"], "dataset_id": dataset_id}))
    assert json.loads(shell(submit))["model_id"]


def test_claims_are_predicted_for_the_years_of_a_row(service: ExampleService) -> None:
    one, two = service.predict(
        service.train(job_of("targets", 1, service)), {"age": np.array([30, 30]), "years": np.array([1, 2])}
    )
    assert two["value"] == pytest.approx(2 * one["value"])


def test_customers_who_pay_more_leave_earlier(service: ExampleService) -> None:
    job = service.train(job_of("targets", 2, service))
    evaluation = service.client.get(job["links"]["model"]).json()["evaluation"]
    assert evaluation["concordance"] > 0.6
    low, high = service.predict(job, {"price": np.array([10, 45]), "visits": np.array([4, 4])})
    assert high["relative_risk"] > 2 * low["relative_risk"]
    assert high["survival"][-1]["probability"] < low["survival"][-1]["probability"]


def test_every_job_of_the_pages_is_tested_here() -> None:
    tested = {"first_problems": 3, "images": 3, "sequences": 3, "features": 3, "training": 10, "targets": 2, "specs": 1}
    assert set(JOBS) == {f"{page} {number}" for page, count in tested.items() for number in range(1, count + 1)}
