"""Register commands: the options that all of them have, and what every error becomes."""

import functools
import inspect
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from backprop_client.cli import exit_codes
from backprop_client.cli.session import Session
from backprop_client.cli.wording import for_command_line
from backprop_client.errors import (
    ApiError,
    AuthenticationError,
    BackpropError,
    JobFailedError,
    ServerError,
    ServiceUnreachableError,
)

Server = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="The service. Default: BACKPROP_URL, or that of login.")
]
ApiKey = Annotated[
    str | None, typer.Option("--api-key", metavar="KEY", help="Default: BACKPROP_API_KEY, or that of login.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs, and nothing else.")]
COMMON = [
    inspect.Parameter("server", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Server),
    inspect.Parameter("api_key", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ApiKey),
    inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
]
MAX_PROBLEMS = 20  # that people read at once
LOGIN = "Run `backprop login`, or set BACKPROP_API_KEY."

Command = Callable[..., int | None]


class UsageError(Exception):
    """An argument or a local file is wrong; the message says how to fix it."""


def command(app: typer.Typer, name: str | None = None) -> Callable[[Command], Command]:
    """Register a function whose first parameter is the session; it returns the exit code, or None for success."""

    def register(function: Command) -> Command:
        own = list(inspect.signature(function).parameters.values())[1:]

        @functools.wraps(function)
        def run(**values: Any) -> None:
            common = {each.name: values.pop(each.name) for each in COMMON}
            session = Session(common["server"], common["api_key"], as_json=common["as_json"])
            try:
                code = guarded(session, lambda: function(session, **values))
            finally:
                session.close()
            raise typer.Exit(code)

        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + COMMON
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name)(run)
        return function

    return register


def guarded(session: Session, run: Callable[[], int | None]) -> int:
    """Run a command; return its exit code. Every expected error becomes one paragraph."""
    try:
        return run() or exit_codes.OK
    except (KeyboardInterrupt, typer.Abort):
        session.interrupted("Interrupted.")
        return exit_codes.INTERRUPTED
    except BrokenPipeError:  # the reader of the output, such as `head`, has enough
        sys.stderr.close()
        return exit_codes.OK
    except (BackpropError, UsageError, ValueError, TypeError, OSError) as error:
        report(session, error)
        return code_of(error)


def code_of(error: Exception) -> int:
    """Return the exit code that tells scripts what kind of error it was."""
    if isinstance(error, JobFailedError):
        return exit_codes.JOB_FAILED
    if isinstance(error, ServiceUnreachableError):
        return exit_codes.UNREACHABLE
    if isinstance(error, ServerError):
        return exit_codes.SERVER_ERROR
    return exit_codes.REFUSED if isinstance(error, BackpropError) else exit_codes.USAGE


def report(session: Session, error: Exception) -> None:
    """Print an error on standard error: a paragraph with all its problems, or with `--json` the problem document."""
    if session.as_json:
        problem = error.problem if isinstance(error, ApiError) else {"detail": str(error)}
        sys.stderr.write(json.dumps({"error": problem}, ensure_ascii=False) + "\n")
        return
    sys.stderr.write(f"error: {text_of(error)}\n")


def text_of(error: Exception) -> str:
    """Return the paragraph."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if not isinstance(error, ApiError):
        return str(error).replace("base_url", "--server")  # an argument of the package
    detail = error.detail or error.title or f"status {error.status}"
    lines = [detail.replace("; see `errors`.", ":") if error.errors else detail]
    lines += [f"  {for_command_line(str(each))}" for each in error.errors[:MAX_PROBLEMS]]
    if len(error.errors) > MAX_PROBLEMS:
        lines.append(f"  … {len(error.errors) - MAX_PROBLEMS} more problems; --json shows all")
    if isinstance(error, AuthenticationError):
        lines.append(LOGIN)
    if isinstance(error, ServerError) and error.request_id:
        lines.append(f"Request id for the operator: {error.request_id}")
    return "\n".join(lines)
