"""Tables and paragraphs about data sets, estimates, jobs and models."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from backprop_client.cli import numbers
from backprop_client.cli.session import Session
from backprop_client.cli.wording import for_command_line

MAX_COLUMNS = 20  # of a data set, that are shown
MAX_WARNINGS = 10
MAX_IMPORTANCES = 10
BAR_WIDTH = 20
STATE_COLORS = {"running": "cyan", "succeeded": "green", "failed": "red", "canceled": "yellow", "paused": "magenta"}
SCORES = {  # what is shown, the best known first; the rest is in `--json`
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "poisson_deviance": "Poisson deviance",
    "gamma_deviance": "Gamma deviance",
    "tweedie_deviance": "Tweedie deviance",
    "all_right": "all columns right",
}


def table(*headings: str) -> Table:
    """Return an empty table. Text that does not fit is cut. A heading with `>` is that of numbers, at the right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        is_number = heading.startswith(">")
        made.add_column(
            heading.removeprefix(">"), justify="right" if is_number else "left", no_wrap=True, overflow="ellipsis"
        )
    return made


def columns_table(columns: Sequence[Mapping[str, Any]]) -> Table:
    """Return how each column was read."""
    made = table("column", "type", ">missing", ">distinct", "values")
    for column in columns[:MAX_COLUMNS]:
        missing = column.get("missing") or ""
        distinct = column.get("distinct", "")
        made.add_row(*map(plain, (column["name"], column["type"], missing, distinct, _values(column))))
    if len(columns) > MAX_COLUMNS:
        made.add_row(plain(f"… {len(columns) - MAX_COLUMNS} more columns"))
    return made


def _values(column: Mapping[str, Any]) -> str:
    if column.get("mean") is not None and column.get("min") is not None:
        ends = f"{numbers.value(column['min'])} to {numbers.value(column['max'])}"
        return f"{ends}, mean {numbers.value(column['mean'])}"
    if column.get("top"):
        return ", ".join(str(each["value"]) for each in column["top"])
    if column.get("min") is not None:
        return f"{column['min']} to {column['max']}"
    return ""


def plain(value: Any) -> Text:
    """Return text of the service as it is, without interpreting brackets or control characters in it."""
    return Text("".join(character if character.isprintable() else "?" for character in str(value)))


def show_warnings(session: Session, warnings: Iterable[Any]) -> None:
    """Print warnings of the service, each with what to do."""
    listed = list(warnings)
    for warning in listed[:MAX_WARNINGS]:
        column = f" {warning.column}:" if warning.column else ""
        fix = f" {for_command_line(warning.fix)}" if warning.fix else ""
        session.print(Text.assemble(("warning", "yellow"), plain(f":{column} {warning.detail}{fix}")))
    if len(listed) > MAX_WARNINGS:
        session.print(f"… {len(listed) - MAX_WARNINGS} more warnings; --json shows all")


def estimate_lines(spec: Mapping[str, Any], estimate: Mapping[str, Any]) -> list[str]:
    """Return what will be trained, and what it will take."""
    layers = " → ".join(map(_layer, spec.get("model", {}).get("layers", []))) or "none, a linear model"
    training = spec.get("training", {})
    optimizer = (training.get("optimizer") or {}).get("type")
    size = f"up to {training.get('epochs')} epochs, batches of {training.get('batch_size')}"
    columns = len(spec.get("features") or [])
    return [
        f"predict   {_target(spec)} ({spec.get('task', 'several columns')}) from {columns} columns",
        f"network   {_networks(spec)}{layers}",
        f"training  {size}, {optimizer}",
        f"cost      {_cost(estimate)}",
    ]


def _target(spec: Mapping[str, Any]) -> str:
    if isinstance(spec.get("target"), str):
        return str(spec["target"])
    return ", ".join(str(each.get("column", each)) for each in spec.get("targets") or []) or "the target"


def _networks(spec: Mapping[str, Any]) -> str:
    ensemble = spec.get("ensemble")
    if not ensemble:
        return ""
    return f"{(ensemble.get('folds') or 1) * (1 + len(ensemble.get('blend') or []))} networks, the first: "


def _layer(layer: Mapping[str, Any]) -> str:
    units = layer.get("units") or layer.get("filters") or layer.get("rate")
    return f"{layer['type']} {units}" if units else str(layer["type"])


def _cost(estimate: Mapping[str, Any]) -> str:
    parts = [_time(estimate.get("seconds")), f"{numbers.size(estimate.get('memory_bytes') or 0)} of memory"]
    if estimate.get("parameters") is not None:
        parts.insert(0, f"{estimate['parameters']:,} parameters")
    cost = estimate.get("cost")
    if cost and cost["amount"] is not None:
        parts.append(f"{cost['amount']:.3g} {cost['currency']} ({cost['low']:.3g} to {cost['high']:.3g})")
    return ", ".join(parts)


def _time(seconds: Any) -> str:
    """Return an estimated time, which is a number or has an interval; nobody knows it before the first job."""
    if seconds is None:
        return "time unknown until a first job has run"
    if isinstance(seconds, Mapping):
        low, high = numbers.duration(seconds["low"]), numbers.duration(seconds["high"])
        return f"about {low}" if low == high else f"{low} to {high}"
    return f"about {numbers.duration(seconds)}"


def state_text(state: str) -> Text:
    """Return a state in its color."""
    return Text(state, style=STATE_COLORS.get(state, ""))


def scores_table(evaluation: Any) -> Table | None:
    """Return the scores beside those of the naive baseline; None if nothing was measured."""
    targets = evaluation.targets or {"": evaluation}
    rows = [
        (column, title, getattr(scores, name), getattr(scores.baseline, name, None))
        for column, scores in targets.items()
        for name, title in SCORES.items()
        if getattr(scores, name, None) is not None
    ]
    if not rows:
        return None
    made = table(*(["column"] if evaluation.targets else []), "score", ">model", ">baseline")
    for column, title, model, baseline in rows:
        cells = [*([column] if evaluation.targets else []), title, numbers.value(model), numbers.value(baseline)]
        made.add_row(*map(plain, cells))
    return made


def importance_table(importance: Any) -> Table:
    """Return the most important columns, with bars."""
    made = table("column", ">importance", "")
    largest = max((each.importance for each in importance.columns), default=0) or 1
    for each in sorted(importance.columns, key=lambda column: -column.importance)[:MAX_IMPORTANCES]:
        bar = "█" * max(0, round(BAR_WIDTH * each.importance / largest))
        made.add_row(plain(each.column), numbers.value(each.importance), Text(bar, style="cyan"))
    return made


def next_commands(*commands: str) -> str:
    """Return what to do next."""
    return "\n".join(["", "Next:", *(f"  backprop {command}" for command in commands)])
