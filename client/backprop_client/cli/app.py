"""The command with all its subcommands."""

from typing import Annotated

import typer

from backprop_client.cli.commands import access, data, jobs, keys, learning_curves, models, train
from backprop_client.configuration import version

HELP = """\
Train neural networks on a Backprop service: from a file to predictions in three commands.

\b
  backprop train customers.csv --target churned
  backprop predict latest new_customers.csv -o predictions.csv
  backprop download latest --format onnx

Jobs, models and data sets can be named by their id, by the last characters of it, or by `latest`.
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the value
    if value:
        typer.echo(f"backprop {version()}")
        raise typer.Exit


@app.callback()
def backprop(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Hold the options of the command itself."""


for group in (train, data, jobs, learning_curves, models, access, keys):
    group.register(app)
