"""Predict a whole data set or a Parquet file: the service reads the rows, and the result is downloaded."""

from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backprop_client.cli import exit_codes
from backprop_client.cli.command import UsageError
from backprop_client.cli.commands.data import upload_with_progress
from backprop_client.cli.ids import dataset_id, looks_like_an_id
from backprop_client.cli.session import Session

PARQUET = (".parquet", ".pq")
LEFT = "Batch {id} continues on the server: GET /v1/batches/{id} shows it."


def is_batch(file: str) -> bool:
    """Whether the rows are read by the service: those of a Parquet file, or of a data set."""
    return Path(file).suffix in PARQUET or (not Path(file).exists() and looks_like_an_id(file))


def predict_batch(session: Session, model: str, data: str, output: Path | None, interval: float | None) -> int:
    """Predict every row of `data`, and write the result to `output`; return the exit code.

    Raises:
        UsageError: no file is named for the result.
    """
    if output is None:
        raise UsageError("Name a file for the predictions: -o predictions.csv, or .parquet.")
    rows = upload_with_progress(session, data, {}).id if Path(data).is_file() else dataset_id(session, data)
    request: dict[str, Any] = {"dataset_id": rows, "format": "parquet" if output.suffix in PARQUET else "csv"}
    if interval is not None:
        request["interval"] = interval
    batch = session.client.batches.create(model, **request)
    try:
        _wait(session, batch)
    except KeyboardInterrupt:
        session.interrupted(LEFT.format(id=batch.id))
        return exit_codes.INTERRUPTED
    session.print_json(batch.to_dict())
    if batch.state != "succeeded":
        session.print(f"Batch {batch.id} is {batch.state}: {(batch.error or {}).get('detail', 'no reason given')}")
        return exit_codes.JOB_FAILED
    batch.download(output)
    session.note(f"{batch.progress.rows:,} predictions are in {output}.")
    return exit_codes.OK


def _wait(session: Session, batch: Any) -> None:
    columns = (TextColumn("predicting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_shown = session.err.is_terminal and not session.as_json
    with Progress(*columns, console=session.err, transient=True, disable=not is_shown) as bar:
        task = bar.add_task("predicting", total=None)
        batch.wait(on_change=lambda changed: bar.update(task, completed=changed.progress.rows))
