"""`backprop learning-curve`: would more data help?"""

import time
from typing import Annotated, Any, Literal

import typer

from backprop_client.cli import numbers
from backprop_client.cli.command import command
from backprop_client.cli.commands.jobs import JobArgument
from backprop_client.cli.ids import job_id
from backprop_client.cli.session import Session
from backprop_client.cli.views import plain, table
from backprop_client.errors import NotFoundError

POLL_SECONDS = 1.0
Metric = Literal["accuracy", "balanced_accuracy", "log_loss", "brier", "roc_auc", "r2", "rmse", "mae", "concordance"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app)(learning_curve)


def learning_curve(
    session: Session,
    job: JobArgument = "latest",
    *,
    samples: Annotated[int, typer.Option(help="Samples of each size.", min=1, max=5)] = 3,
    metric: Annotated[Metric | None, typer.Option(help="A score of the evaluation.")] = None,
) -> None:
    """Would more data help? Train on growing parts of the rows. A curve that exists is shown, not started again."""
    found = session.client.jobs.get(job_id(session, job))
    curve = _curve(found, samples, metric)
    while curve.state == "running":
        session.note(f"{curve.progress.ended} of {curve.progress.jobs} jobs have ended.")
        time.sleep(POLL_SECONDS)
        curve = found.learning_curve()
    session.print_json(curve.to_dict())
    shown = table(">rows", f">{curve.metric}", ">from", ">to", "")
    for point in curve.points:
        shown.add_row(*map(plain, (f"{point.rows:,}", numbers.value(point.score), "", "", "")))
    for each in curve.forecasts:
        ends = (each.score.value, each.score.low, each.score.high)
        shown.add_row(*map(plain, (f"{each.rows:,}", *map(numbers.value, ends), "forecast")))
    session.print(shown)
    session.print(curve.summary)


def _curve(job: Any, samples: int, metric: Metric | None) -> Any:
    """Return the curve of a job, started if there is none."""
    try:
        return job.learning_curve()
    except NotFoundError:
        request: dict[str, Any] = {"samples": samples} | ({"metric": metric} if metric else {})
        return job.start_learning_curve(**request)
