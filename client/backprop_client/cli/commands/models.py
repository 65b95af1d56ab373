"""`backprop models`, `predict`, `evaluate`, `download` and `compare`."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from backprop_client.cli import exit_codes, numbers, prediction_files
from backprop_client.cli.command import UsageError, command
from backprop_client.cli.commands.batch_predictions import is_batch, predict_batch
from backprop_client.cli.commands.data import Limit, transfer, upload_with_progress
from backprop_client.cli.ids import dataset_id, model_id, short
from backprop_client.cli.row_files import read_rows
from backprop_client.cli.session import Session
from backprop_client.cli.views import importance_table, plain, scores_table, show_warnings, table
from backprop_client.cli.wording import for_command_line
from backprop_client.formats import WeightsFormat

SHOWN_ROWS = 20  # of predictions, in a terminal
SHOWN_COLUMNS = 7
FORMATS: tuple[WeightsFormat, ...] = get_args(WeightsFormat)
ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="The id of a model or of its job, the end of it, or `latest`.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for function in (predict, evaluate, download, compare, models):
        command(app)(function)


def models(session: Session, limit: Limit = 20) -> None:
    """List the models."""
    found = list(islice(session.client.models.list(page_size=min(limit, 100)), limit))
    session.print_json([each.to_dict() for each in found])
    listed = table("id", "name", ">parameters", "score", "created")
    for each in found:
        cells = (short(each.id), each.name, f"{each.parameters:,}", _score(each.evaluation_summary or {}))
        listed.add_row(*map(plain, (*cells, numbers.age(each.created_at))))
    session.print(listed if found else "There are no models yet. `backprop train FILE --target COLUMN` makes one.")


def _score(evaluation: dict[str, Any]) -> str:
    for name, title in (("accuracy", "accuracy"), ("r2", "R²"), ("all_right", "all right"), ("mae", "MAE")):
        if evaluation.get(name) is not None:
            return f"{title} {numbers.value(evaluation[name])}"
    return ""


def predict(  # noqa: PLR0913 - each is an option of the command
    session: Session,
    model: ModelArgument,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="CSV, NDJSON or JSON; `-` is standard input. Parquet or a data set, with -o."
        ),
    ],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write .csv, .ndjson or .json.")
    ] = None,
    interval: Annotated[
        float | None, typer.Option(metavar="LEVEL", help="Add intervals that contain the truth so often, such as 0.9.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add the contribution of each column.")] = False,
) -> int:
    """Predict the rows of a file. Columns are named and written as in the file that the model was trained on."""
    full_id = model_id(session, model)
    if is_batch(file):
        if explain:
            raise UsageError("--explain works with CSV, NDJSON and JSON files only.")
        return predict_batch(session, full_id, file, output, interval)
    rows = read_rows(file)
    predictions = session.client.models.predict(full_id, rows, interval=interval, explain=explain)
    if session.as_json:
        session.print_json({"predictions": predictions.to_dicts()})
    done = prediction_files.merged(rows, predictions)
    if output is not None:
        prediction_files.write(output, done)
        session.note(f"{len(done):,} predictions are in {output}.")
    elif session.out.is_terminal:
        _show(session, done, set(rows[0]))
    elif not session.as_json:
        session.out.out(prediction_files.as_csv(done), end="", highlight=False)
    return exit_codes.OK


def _show(session: Session, rows: list[dict[str, Any]], given: set[str]) -> None:
    """Print the first rows: the predictions, then as many of the given columns as fit."""
    names = list(dict.fromkeys(name for row in rows[:SHOWN_ROWS] for name in row))
    names = sorted(names, key=lambda name: name in given)[:SHOWN_COLUMNS]
    shown = table(*names)
    for row in rows[:SHOWN_ROWS]:
        shown.add_row(*(plain(_cell(row.get(name, ""))) for name in names))
    session.print(shown)
    if len(rows) > SHOWN_ROWS:
        session.note(f"… {len(rows) - SHOWN_ROWS:,} more rows. `-o predictions.csv` writes all of them.")


def _cell(value: Any) -> str:
    return numbers.value(value) if isinstance(value, float) else str(value)


def evaluate(session: Session, model: ModelArgument) -> None:
    """Show how good a model is on rows that it was not trained on, beside the naive baseline."""
    found = session.client.models.evaluation(model_id(session, model))
    session.print_json(found.to_dict())
    scores = scores_table(found)
    if scores is None:
        session.print(plain(f"No scores: {found.reason} {for_command_line(found.fix or '')}"))
        return
    session.print(f"Scores on {found.rows:,} rows that were not used for training:", scores)
    if found.per_class:
        classes = table("class", ">rows", ">precision", ">recall", ">F1")
        for each in found.per_class:
            measures = (numbers.value(each.precision), numbers.value(each.recall), numbers.value(each.f1))
            classes.add_row(*map(plain, (each.label, f"{each.rows:,}", *measures)))
        session.print("")
        session.print(classes)
        session.print("")
    for pair in (found.most_confused or [])[:3]:
        session.print(plain(f"{pair.rows:,} rows of {pair.true} were taken for {pair.predicted}"))
    if found.importance and found.importance.columns:
        session.print("\nHow much worse it gets without a column:", importance_table(found.importance))


def download(
    session: Session,
    model: ModelArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A file or a folder; default: this folder.")
    ] = Path(),
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="safetensors, npz, or onnx with the preprocessing.")
    ] = "safetensors",
) -> None:
    """Save a model as a file."""
    chosen = _format(format_)
    full_id = model_id(session, model)
    with transfer(session, "downloading") as bar:
        task = bar.add_task("downloading", total=None)
        path = session.client.models.download(
            full_id,
            output,
            format=chosen,
            progress=lambda received, total: bar.update(task, completed=received, total=total),
        )
    session.print_json({"model_id": full_id, "path": str(path), "bytes": path.stat().st_size})
    session.print(plain(f"{path} ({numbers.size(path.stat().st_size)})"))


def _format(name: str) -> WeightsFormat:
    for known in FORMATS:
        if name == known:
            return known
    raise UsageError(f"--format is {', '.join(FORMATS)}, not {name!r}.")


def compare(
    session: Session,
    data: Annotated[str, typer.Argument(metavar="DATA", help="A file or a data set with the column to predict.")],
    first: Annotated[str, typer.Argument(metavar="MODEL", help="The model in use.")],
    second: Annotated[str, typer.Argument(metavar="NEW_MODEL", help="The model that may replace it.")],
) -> None:
    """Score two models on the same rows, and say whether the second is better."""
    compared = [model_id(session, first), model_id(session, second)]
    is_file = Path(data).is_file()
    rows = upload_with_progress(session, data, {}).id if is_file else dataset_id(session, data)
    found = session.client.models.compare(rows, compared)
    session.print_json(found.to_dict())
    session.print(plain(found.summary))
    scores = table("score", *(f">{short(each.model_id)}" for each in found.models))
    for name in found.models[0].scores:
        values = [each.scores.get(name) for each in found.models]
        if all(isinstance(value, int | float) for value in values):
            scores.add_row(plain(name), *map(numbers.value, values))
    session.print(scores)
    show_warnings(session, found.warnings)
