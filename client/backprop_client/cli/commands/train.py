"""`backprop train`: from a file to a model, with the estimate first and curves while it trains."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backprop_client.cli import exit_codes, numbers
from backprop_client.cli.command import UsageError, command
from backprop_client.cli.commands.data import upload_with_progress
from backprop_client.cli.following import follow
from backprop_client.cli.ids import dataset_id, looks_like_an_id, short
from backprop_client.cli.session import Session
from backprop_client.cli.views import columns_table, estimate_lines, next_commands, plain, scores_table, show_warnings

PRESETS = ("fast", "balanced", "best")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app)(train)


def train(  # noqa: PLR0913 - each is an option of the command
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV, Parquet, NDJSON or NPZ; or the id of a data set.")],
    *,
    target: Annotated[str, typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict.")],
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="fast, balanced (default) or best.")] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN[:ENCODING]", help="Read these columns only; repeatable. Default: all that help."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="A name for the job.")] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="At most so many passes over the rows.")] = None,
    spec: Annotated[
        Path | None, typer.Option(metavar="JSON", help="A file with more of the request, see docs/specs.md.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before training.")] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Submit the job and return at once.")] = False,
) -> int:
    """Upload a file, show how it was read and what training costs, train, and show the score.

    Ctrl-C leaves the job running and prints how to return to it. The exit code is 0 if there is a model.
    """
    request = _request(target, preset, name, epochs, spec)
    if feature:
        request["features"] = [_feature(text) for text in feature]
    request["dataset_id"] = _dataset(session, file)
    _estimate(session, request)
    if session.is_interactive and not yes and not typer.confirm("Train now?", default=True, err=True):
        session.note(f"No job was started. The data set stays: {short(request['dataset_id'])}")
        return exit_codes.OK
    job = session.client.jobs.create(**request)
    if detach:
        session.print_json(job.to_dict())
        session.print(f"Job {short(job.id)} is {job.state}.", next_commands(f"watch {short(job.id)}"))
        return exit_codes.OK
    code = follow(session, job)
    if code != exit_codes.INTERRUPTED:
        show_result(session, job)
    return code


def _request(
    target: str, preset: str | None, name: str | None, epochs: int | None, spec: Path | None
) -> dict[str, Any]:
    """Return the request; options replace what the file says."""
    if preset is not None and preset not in PRESETS:
        raise UsageError(f"--preset is {', '.join(PRESETS)}, not {preset!r}.")
    request: dict[str, Any] = _spec(spec) if spec else {}
    request["target"] = target
    if preset:
        request["preset"] = preset
    if name:
        request["name"] = name
    if epochs is not None:
        request["training"] = {**request.get("training", {}), "epochs": epochs}
    return request


def _feature(text: str) -> dict[str, str]:
    """Return a feature of the request; the encoding is behind the last colon, because names may have colons."""
    column, _, encoding = text.rpartition(":")
    return {"column": column, "encoding": encoding} if column else {"column": text}


def _spec(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path} must have a JSON object, as the body of POST /v1/jobs.")
    return found


def _dataset(session: Session, file: str) -> str:
    """Return the id of the data set: uploaded now, or before."""
    if not Path(file).exists() and looks_like_an_id(file):
        return dataset_id(session, file)
    dataset = upload_with_progress(session, file, {})
    session.print(plain(f"{dataset.name}: {dataset.rows:,} rows, {len(dataset.columns)} columns ({short(dataset.id)})"))
    session.print(columns_table(dataset.columns))
    show_warnings(session, dataset.warnings)
    return str(dataset.id)


def _estimate(session: Session, request: dict[str, Any]) -> None:
    found = session.client.jobs.estimate(**request)
    for line in estimate_lines(found.spec, found.estimate):
        session.print(plain(line))
    show_warnings(session, found.warnings)


def show_result(session: Session, job: Any) -> None:
    """Print how a job ended: its score beside the baseline, and the next commands."""
    session.print_json(job.to_dict())
    if session.as_json:
        return
    session.print(f"\nJob {short(job.id)} {ending(job)}.")
    if job.model_id is None:
        return
    evaluation = job.model().evaluation()
    scores = scores_table(evaluation)
    if scores is not None:
        session.print(f"Scores on {evaluation.rows:,} rows that were not used for training:", scores)
    elif evaluation.reason:
        session.print(plain(f"No scores: {evaluation.reason}"))
    name = short(job.model_id)
    session.note(
        next_commands(
            f"predict {name} FILE -o predictions.csv", f"evaluate {name}", f"download {name} --format onnx"
        ).lstrip()
    )


def ending(job: Any) -> str:
    """Return how a job ended, in words."""
    if job.state == "failed":
        error = job.error or {}
        return f"failed: {error.get('detail') or error.get('code')}"
    if job.state != "succeeded":
        return f"is {job.state}"
    reasons = {
        "epochs_done": "after all epochs",
        "early_stopped": "it stopped when the validation loss no longer improved",
        "user_stop": "it was stopped",
        "max_runtime": "its time was up",
        "budget": "its budget was used up",
    }
    reason = reasons.get(job.stop_reason or "", str(job.stop_reason))
    return f"succeeded in {numbers.duration(_seconds(job))}, {reason}"


def _seconds(job: Any) -> float:
    if job.started_at is None or job.finished_at is None:
        return 0.0
    return (datetime.fromisoformat(job.finished_at) - datetime.fromisoformat(job.started_at)).total_seconds()
