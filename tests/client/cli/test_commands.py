"""Each command on a real service: what people read, what programs read, and the exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client_commands import Done

Run = Callable[..., Done]


def test_train_shows_reading_estimate_score_and_next_commands(backprop: Run) -> None:
    done = backprop("train", "flowers.csv", "--target", "kind", "--preset", "fast", "--epochs", "3")
    assert done.code == 0, done.err
    for text in ("flowers: 90 rows, 4 columns", "color   category", "predict   kind (classification) from 3 columns"):
        assert text in done.out
    assert "up to 3 epochs" in done.out
    assert "Scores on" in done.out
    assert "baseline" in done.out
    assert "-o predictions.csv" in done.err
    assert max(map(len, done.out.splitlines())) <= 80


def test_options_and_a_file_make_the_request(backprop: Run, folder: Path) -> None:
    (folder / "more.json").write_text(json.dumps({"training": {"batch_size": 8}, "metadata": {"team": "risk"}}))
    arguments = ("flowers.csv", "-t", "kind", "--spec", "more.json", "--epochs", "1", "--name", "risk", "--detach")
    job = backprop("train", *arguments, "--json").json
    assert (job["spec"]["training"]["batch_size"], job["spec"]["training"]["epochs"]) == (8, 1)
    assert (job["name"], job["metadata"]) == ("risk", {"team": "risk"})
    listed = backprop("jobs", "--metadata", "team=risk", "--json").json
    assert [each["id"] for each in listed] == [job["id"]]
    assert backprop("watch", job["id"], "--json").json["state"] == "succeeded"


def test_predictions_are_written_beside_the_rows(backprop: Run, trained: str, folder: Path) -> None:
    done = backprop("predict", trained, "flowers.csv")
    rows = done.out.splitlines()
    assert rows[0] == "length,width,color,kind,prediction,probability"
    assert len(rows) == 91
    wrote = backprop("predict", trained[-8:], "flowers.csv", "-o", "out.ndjson", "--interval", "0.8", "--explain")
    assert (wrote.code, wrote.out) == (0, "")
    first = json.loads((folder / "out.ndjson").read_text().splitlines()[0])
    assert {"length", "prediction", "probability", "set", "contribution of width"} <= set(first)
    assert len(backprop("predict", "latest", "flowers.csv", "--json").json["predictions"]) == 90


def test_whole_data_sets_are_predicted_by_the_service(backprop: Run, trained: str, folder: Path) -> None:
    dataset = backprop("datasets", "--json").json[0]["id"]
    done = backprop("predict", trained, dataset, "-o", "all.csv")
    assert (done.code, done.err) == (0, "90 predictions are in all.csv.\n")
    assert len((folder / "all.csv").read_text().splitlines()) == 91
    assert backprop("predict", trained, dataset).code == 2
    assert backprop("predict", trained, "latest", "-o", "all.parquet", "--json").json["state"] == "succeeded"
    assert (folder / "all.parquet").read_bytes()[:4] == b"PAR1"


def test_evaluation_download_and_comparison(backprop: Run, trained: str, folder: Path) -> None:
    evaluated = backprop("evaluate", trained)
    assert "accuracy" in evaluated.out
    assert "█" in evaluated.out
    assert "accuracy" in backprop("evaluate", trained, "--json").json
    assert backprop("download", trained, "-o", "model.onnx", "--format", "onnx").code == 0
    assert (folder / "model.onnx").stat().st_size > 1000
    saved = backprop("download", trained, "--json").json
    assert Path(saved["path"]).stat().st_size == saved["bytes"]
    other = backprop("train", "flowers.csv", "-t", "kind", "--preset", "fast", "--epochs", "0", "--json").json[
        "model_id"
    ]
    assert "log_loss" in backprop("compare", "flowers.csv", trained, other).out
    assert backprop("compare", "flowers.csv", other, trained, "--json").json["verdict"] == "better"


def test_lists_show_short_ids_that_commands_accept(backprop: Run, trained: str) -> None:
    for command, column in (("models", "parameters"), ("jobs", "state"), ("datasets", "rows")):
        shown = backprop(command, "--limit", "1").out.splitlines()
        assert column in shown[0]
        assert len(shown) == 2
        assert backprop(command, "--limit", "1", "--json").json[0]["id"].endswith(shown[1].split()[0])
    assert trained[-8:] in backprop("models").out


def test_jobs_are_paused_resumed_stopped_and_canceled(backprop: Run, folder: Path) -> None:
    (folder / "long.json").write_text(json.dumps({"training": {"early_stopping": None}}))
    arguments = ("train", "flowers.csv", "-t", "kind", "--spec", "long.json", "--epochs", "10000", "-d", "--json")
    job = backprop(*arguments).json["id"]
    assert "Job" in backprop("pause", job[-8:]).out
    assert backprop("resume", job).code == 0
    assert backprop("stop", job).code == 0
    watched = backprop("watch", job)
    assert (watched.code, "it was stopped" in watched.out) == (0, True)
    other = backprop(*arguments).json["id"]
    assert backprop("cancel", other, "--json").json["id"] == other
    ended = backprop("watch", other)
    assert (ended.code, "is canceled" in ended.out) == (1, True)


def test_keys_are_created_listed_and_revoked(backprop: Run) -> None:
    created = backprop("keys", "create", "--name", "billing", "--scopes", "read", "--json").json
    assert created["key"].startswith("bp_live_")
    listed = backprop("keys", "list")
    assert created["key"] not in listed.out
    assert "billing" in listed.out
    assert backprop("keys", "revoke", created["id"][-8:]).code == 0
    assert "revoked" in backprop("keys", "list").out


def test_every_problem_of_a_request_is_one_paragraph(backprop: Run, folder: Path) -> None:
    (folder / "wrong.json").write_text(json.dumps({"training": {"batch_size": 0, "optimizer": {"type": "adamm"}}}))
    done = backprop("train", "flowers.csv", "-t", "kind", "--spec", "wrong.json")
    assert done.code == 4
    assert done.err.startswith("error: ")
    assert "/training/batch_size" in done.err
    assert "/training/optimizer" in done.err
    problem = json.loads(backprop("train", "flowers.csv", "-t", "nope", "--json").err)
    assert problem["error"]["errors"][0]["pointer"] == "/target"


def test_an_invalid_file_is_explained_with_its_lines(backprop: Run, folder: Path) -> None:
    (folder / "broken.csv").write_text("a,b\n1,2\n1,2,3\n")
    done = backprop("upload", "broken.csv")
    assert (done.code, "line 3" in done.err) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("train", "nothing.csv", "-t", "kind"), 2, "nothing.csv is no file"),
        (("train", "flowers.csv"), 2, "Missing option '--target'"),
        (("train", "flowers.csv", "-t", "kind", "--preset", "slow"), 2, "--preset is fast, balanced, best"),
        (("download", "latest", "--format", "zip"), 2, "--format is safetensors, npz, onnx"),
        (("watch", "no-such-job"), 2, "No job has the id 'no-such-job'"),
        (("watch", "job_" + "0" * 32), 4, "error: "),
        (("jobs", "--server", "http://127.0.0.1:9"), 3, "did not answer"),
        (("jobs", "--api-key", "bp_live_wrong"), 4, "backprop login"),
        (("jobs", "--server", "nonsense"), 2, "must begin with http"),
        (("jobs", "--metadata", "team"), 2, "--metadata is KEY=VALUE"),
        (("jmbs",), 2, "No such command 'jmbs'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_errors_have_a_reason_and_a_code_of_their_kind(
    backprop: Run, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = backprop(*arguments)
    assert done.code == code, done.err
    assert message in done.err
    assert "Traceback" not in done.err


def test_the_help_lists_every_command_and_wraps_at_80_columns(backprop: Run) -> None:
    shown = backprop("--help").out
    assert "backprop train customers.csv --target churned\n" in shown
    for command in ("train", "upload", "jobs", "watch", "predict", "evaluate", "download", "compare", "login", "keys"):
        assert f"\n  {command} " in shown
        arguments = (command, "list", "--help") if command == "keys" else (command, "--help")
        assert "--json" in backprop(*arguments).out
    assert max(map(len, shown.splitlines())) <= 80
