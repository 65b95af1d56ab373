"""Follow a job: curves that grow in a terminal, lines in a log, nothing with `--json`."""

import time
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from backprop_client.cli import exit_codes, numbers
from backprop_client.cli.chart import Curve, chart
from backprop_client.cli.ids import short
from backprop_client.cli.session import Session
from backprop_client.cli.views import plain, state_text

MAX_WIDTH = 100
CHART_HEIGHT = 8
POINTS = 400  # of a curve: more than a terminal has dots
LINE_SECONDS = 5.0  # between two lines of a log
LEFT = """\
Job {id} continues on the server. Return to it with:
  backprop watch {id}
End it with `backprop stop {id}` (keeps the best model) or `backprop cancel {id}`."""


def follow(session: Session, job: Any) -> int:
    """Wait until the job has ended; return the exit code. Ctrl-C leaves it running."""
    try:
        if session.as_json:
            job.wait()
        elif session.err.is_terminal:
            _draw(session, job)
        else:
            _log(session, job)
    except KeyboardInterrupt:
        session.interrupted(LEFT.format(id=short(job.id)))
        return exit_codes.INTERRUPTED
    return exit_codes.OK if job.state == "succeeded" else exit_codes.JOB_FAILED


def _draw(session: Session, job: Any) -> None:
    width = min(session.err.width, MAX_WIDTH)
    with Live(picture(job, [], width), console=session.err, auto_refresh=False) as live:

        def show(changed: Any) -> None:
            live.update(picture(changed, changed.metrics(max_points=POINTS), width), refresh=True)

        show(job)
        if not job.has_ended:
            job.wait(on_change=show)


def picture(job: Any, epochs: list[Any], width: int) -> Group:
    """Return state, progress, losses and curves of a job."""
    line = Table.grid(padding=(0, 2), expand=False)
    bar = ProgressBar(total=1.0, completed=job.progress.fraction, width=max(10, width - 62), complete_style="cyan")
    line.add_row(plain(job.name[:20]), state_text(_state(job)), bar, _epochs(job), _remaining(job))
    curves = [
        Curve(name="training loss", color="blue", values=[each.train_loss for each in epochs]),
        Curve(name="validation loss", color="yellow", values=[each.val_loss for each in epochs]),
    ]
    parts: list[Any] = [line]
    if len(epochs) > 1:
        parts += [chart(curves, width, CHART_HEIGHT), _legend(curves, job)]
    return Group(*parts)


def _state(job: Any) -> str:
    requested = f", {job.requested} requested" if job.requested else ""
    ahead = f", {job.queue.jobs_ahead} ahead" if job.state == "queued" and job.queue else ""
    return f"{job.state}{requested}{ahead}"


def _epochs(job: Any) -> str:
    return f"epoch {job.progress.epoch}/{job.progress.epochs}"


def _remaining(job: Any) -> str:
    left = job.progress.eta_seconds
    return f"{numbers.duration(left)} left" if left and not job.has_ended else ""


def _legend(curves: list[Curve], job: Any) -> Text:
    text = Text(" " * 11)
    for curve in curves:
        last = next((value for value in reversed(curve.values) if value is not None), None)
        if last is not None:
            text.append("━━ ", style=curve.color).append(f"{curve.name} {numbers.value(last)}   ")
    if job.best:
        text.append(f"best at epoch {job.best['epoch']}", style="dim")
    return text


def _log(session: Session, job: Any) -> None:
    """Print a line for each new state, and for progress now and then."""
    last_state = ""
    last_line = 0.0

    def show(changed: Any) -> None:
        nonlocal last_state, last_line
        state, now = _state(changed), time.monotonic()
        if state != last_state or now >= last_line + LINE_SECONDS:
            losses = changed.last_metrics
            figures = f"  training loss {numbers.value(losses.train_loss)}" if losses.train_loss is not None else ""
            figures += f"  validation loss {numbers.value(losses.val_loss)}" if losses.val_loss is not None else ""
            session.note(f"{short(changed.id)}  {state}  {_epochs(changed)}{figures}")
            last_state, last_line = state, now

    show(job)
    if not job.has_ended:
        job.wait(on_change=show)
