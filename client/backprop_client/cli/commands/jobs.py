"""`backprop jobs`, `watch`, `cancel`, `stop`, `pause` and `resume`."""

from itertools import islice
from typing import Annotated, Any

import typer

from backprop_client.cli import exit_codes, numbers
from backprop_client.cli.command import UsageError, command
from backprop_client.cli.commands.data import Limit
from backprop_client.cli.commands.train import show_result
from backprop_client.cli.following import follow
from backprop_client.cli.ids import job_id, short
from backprop_client.cli.session import Session
from backprop_client.cli.views import plain, state_text, table

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="An id, the end of an id, or `latest`.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for function in (jobs, watch, cancel, stop, pause, resume):
        command(app)(function)


def jobs(
    session: Session,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="queued, running, paused, succeeded, failed or canceled.")
    ] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Only those; repeatable.")] = None,
    limit: Limit = 20,
) -> None:
    """List the jobs."""
    pages = session.client.jobs.list(state=state, metadata=_pairs(metadata or []), page_size=min(limit, 100))
    found = list(islice(pages, limit))
    session.print_json([each.to_dict() for each in found])
    listed = table("id", "name", "state", ">epoch", ">loss", "model", "created")
    for each in found:
        best = (each.best or {}).get("val_loss")
        epochs = f"{each.progress.epoch}/{each.progress.epochs}"
        model = short(each.model_id) if each.model_id else ""
        cells = [plain(short(each.id)), plain(each.name), state_text(each.state), plain(epochs)]
        listed.add_row(*cells, *map(plain, (numbers.value(best), model, numbers.age(each.created_at))))
    session.print(listed if found else "There are no such jobs. `backprop train FILE --target COLUMN` starts one.")


def watch(session: Session, job: JobArgument = "latest") -> int:
    """Follow a job until it ends. Ctrl-C leaves it running."""
    watched = session.client.jobs.get(job_id(session, job))
    code = follow(session, watched)
    if code != exit_codes.INTERRUPTED:
        show_result(session, watched)
    return code


def cancel(session: Session, job: JobArgument) -> None:
    """End a job without a model."""
    _act(session, job, "cancel")


def stop(session: Session, job: JobArgument) -> None:
    """Finish a job now; its model gets the best weights so far."""
    _act(session, job, "stop")


def pause(session: Session, job: JobArgument) -> None:
    """Save a checkpoint and free the worker; `resume` continues the job."""
    _act(session, job, "pause")


def resume(session: Session, job: JobArgument) -> None:
    """Continue a paused job where it stopped."""
    _act(session, job, "resume")


def _act(session: Session, name: str, action: str) -> None:
    job: Any = session.client.jobs.get(job_id(session, name))
    getattr(job, action)()
    session.print_json(job.to_dict())
    requested = f"; {job.requested} is requested" if job.requested else ""
    session.print(f"Job {short(job.id)} is {job.state}{requested}.")


def _pairs(texts: list[str]) -> dict[str, str]:
    if wrong := [text for text in texts if "=" not in text]:
        raise UsageError(f"--metadata is KEY=VALUE, not {wrong[0]!r}.")
    return dict(text.split("=", 1) for text in texts)
