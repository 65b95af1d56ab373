"""`backprop upload` and `backprop datasets`."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from backprop_client.cli import numbers
from backprop_client.cli.command import UsageError, command
from backprop_client.cli.ids import short
from backprop_client.cli.session import Session
from backprop_client.cli.views import columns_table, next_commands, plain, show_warnings, table

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="Show at most so many, newest first.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app)(upload)
    command(app)(datasets)


def upload(  # noqa: PLR0913 - each is an option of the command
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV, Parquet, NDJSON or NPZ, also with .gz.")],
    *,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="Default: the name of the file.")] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="COLUMN:TYPE", help="number, category, boolean, datetime or text; repeatable."),
    ] = None,
    date_format: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN:FORMAT", help="Such as hired:%d/%m/%Y; repeatable.")
    ] = None,
    missing: Annotated[str | None, typer.Option(metavar="LIST", help="More spellings of missing values.")] = None,
    delimiter: Annotated[str | None, typer.Option(metavar="CHARACTER", help="Default: detected.")] = None,
    encoding: Annotated[str | None, typer.Option(metavar="NAME", help="Default: detected.")] = None,
    decimal: Annotated[str | None, typer.Option(metavar="CHARACTER", help="Default: detected for each column.")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="Default: detected.")] = None,
) -> None:
    """Upload a file, and show how each column was read."""
    options = {
        "name": name,
        "types": ",".join(type_ or ()) or None,
        "date_format": ",".join(date_format or ()) or None,
        "missing": missing,
        "delimiter": delimiter,
        "encoding": encoding,
        "decimal": decimal,
        "header": header,
    }
    dataset = upload_with_progress(session, file, {key: each for key, each in options.items() if each is not None})
    session.print_json(dataset.to_dict())
    session.print(plain(f"{dataset.name}: {dataset.rows:,} rows, {len(dataset.columns)} columns"))
    session.print(columns_table(dataset.columns))
    show_warnings(session, dataset.warnings)
    session.note(f"Data set {dataset.id}")
    session.note(next_commands(f"train {short(dataset.id)} --target COLUMN").lstrip())


def datasets(session: Session, limit: Limit = 20) -> None:
    """List the data sets."""
    found = list(islice(session.client.datasets.list(page_size=min(limit, 100)), limit))
    session.print_json([each.to_dict() for each in found])
    listed = table("id", "name", ">rows", ">columns", ">size", "uploaded")
    for each in found:
        cells = (short(each.id), each.name, f"{each.rows:,}", len(each.columns), numbers.size(each.bytes))
        listed.add_row(*map(plain, (*cells, numbers.age(each.created_at))))
    session.print(listed if found else "There are no data sets yet. `backprop upload FILE` creates one.")


def upload_with_progress(session: Session, file: str, options: dict[str, Any]) -> Any:
    """Upload a file, with a bar in a terminal; return the data set."""
    if not Path(file).is_file():
        raise UsageError(f"{file} is no file.")
    with transfer(session, "uploading") as bar:
        task = bar.add_task("uploading", total=Path(file).stat().st_size)
        return session.client.datasets.upload(
            file, progress=lambda sent, total: bar.update(task, completed=sent, total=total), **options
        )


def transfer(session: Session, title: str) -> Progress:
    """Return a bar for bytes that are sent or received; it is visible in a terminal only, and disappears at the end."""
    return Progress(
        TextColumn(title),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=session.err,
        transient=True,
        disable=session.as_json or not session.err.is_terminal,
    )
