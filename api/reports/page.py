"""A training report as one HTML page: nothing from other addresses, no scripts, every text escaped."""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from api.http.schemas import WarningView
from api.pages.document import STYLE as BASE_STYLE
from api.pages.document import document
from api.pages.evaluation_section import evaluation_section
from api.pages.html import listed, section, table
from api.pages.plots import plot
from api.reports.cost_sections import cost_sections
from api.reports.heat_map import heat_map
from api.reports.learning_section import learning_section
from api.reports.schemas import ReportView
from service.reports.phrases import count, duration, layer_name, number, share

STYLE = BASE_STYLE + (Path(__file__).parent / "style.css").read_text()
MAX_NAMES = 30  # of columns that are listed
MAX_WEIGHTS = 10
CURVES = {"training loss": "train_loss", "validation loss": "val_loss"}
PARTS = {
    "data": "The data set",
    "costs": "The costs",
    "curve": "The curves",
    "layers": "The statistics of the layers",
    "evaluation": "The scores",
    "contributions": "The contributions to the error",
    "step": "How the network learned",
}


def report_page(report: ReportView, *, embedded: bool = False) -> str:
    """Return the page; `embedded`: to be shown inside another page."""
    parts = [
        _head(report),
        learning_section(report.how_it_learned) if report.how_it_learned and report.how_it_learned.stages else "",
        *_evaluations(report.evaluation),
        section("Course of the training", _course(report)),
        *cost_sections(report),
        section("What contributed to the error", _contributions(report.contributions)) if report.contributions else "",
        section("Data", _data(report)),
        section("What was trained", listed(report.spec_in_words)),
        section("Missing from this report", listed(_missing(report))) if report.missing else "",
    ]
    return document(f"Training report: {report.name}", "".join(parts), STYLE, embedded=embedded)


def _head(report: ReportView) -> str:
    tiles = "".join(
        f"<li><strong>{escape(value)}</strong><span>{escape(name)}</span></li>" for name, value in _tiles(report)
    )
    problem = (
        f'<p class="finding">{escape(report.end.in_words[0])}</p>' if report.end.error and report.end.in_words else ""
    )
    return (
        f"<h1>{escape(report.name)}</h1>"
        f'<p class="faint" data-state="{escape(report.state)}">Training report: {escape(report.job_id)}, '
        f"{escape(report.state)}, "
        f"{escape(report.created_at)}</p>"
        f'<p class="lead">{escape(" ".join(report.summary))}</p>{problem}<ul class="tiles">{tiles}</ul>'
    )


def _tiles(report: ReportView) -> Iterator[tuple[str, str]]:
    """Yield the numbers that a reader looks for first."""
    evaluation = report.evaluation or {}
    baseline = evaluation.get("baseline") or {}
    for key, name, show in (("accuracy", "right answers", share), ("mae", "mean absolute error", number)):
        if isinstance(value := evaluation.get(key), int | float):
            naive = baseline.get(key)
            yield name + (f"; naive baseline {show(naive)}" if isinstance(naive, int | float) else ""), show(value)
            break
    yield "training time", duration(report.actual.seconds) if report.actual.seconds else "0 s"
    yield "epochs", count(report.actual.epochs)
    if report.costs:
        yield "weights of a network", count(sum(layer.parameters for layer in report.costs.layers))
    if report.fine_tuning:
        yield "of this cost for fine-tuning the output layer", share(report.fine_tuning.options[-1].share)


def _evaluations(evaluation: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield a section for each target."""
    if evaluation:
        yield section("How good it is", evaluation_section(evaluation))
        for name, metrics in (evaluation.get("targets") or {}).items():
            yield section(f"How good it is: {name}", evaluation_section(metrics))


def _course(report: ReportView) -> str:
    curves = {
        name: [(float(point["epoch"]), float(point[field])) for point in report.curve if point.get(field) is not None]
        for name, field in CURVES.items()
    }
    rates = [(float(each["epoch"]), float(each["learning_rate"])) for each in report.curve if each.get("learning_rate")]
    plots = plot(curves, "epoch", "loss") + plot({"learning rate": rates}, "epoch", "learning rate")
    parts = [
        listed(report.end.in_words) if report.end.in_words else "",
        f'<div class="plots">{plots}</div>' if plots else "<p>No epoch has ended yet.</p>",
        f"<h3>Findings</h3>{_findings(report.findings) if report.findings else NO_FINDINGS}",
        _layer_maps(report),
        "<h3>States</h3>" + table([(each["state"], each["at"]) for each in report.transitions], ("State", "Since")),
    ]
    return "".join(parts)


NO_FINDINGS = "<p>None: gradients, units and losses showed no known problem.</p>"


def _findings(findings: list[WarningView]) -> str:
    return "".join(
        f'<p class="finding"><strong>{escape(each.code.replace("_", " ").capitalize())}.</strong> '
        f"{escape(each.detail)} "
        f"{escape(each.fix or '')}</p>"
        for each in findings
    )


def _layer_maps(report: ReportView) -> str:
    maps = heat_map(
        report.layers, lambda layer: layer.get("gradient"), "Size of the gradient of the weights"
    ) + heat_map(report.layers, _relative_update, "Size of a step, relative to the weights")
    about = (
        "How strongly each layer was corrected in each epoch. Layers should learn at similar strength; a layer that is "
        "much "
        "fainter than the others hardly learns, and sudden strong columns show unstable training."
    )
    return f'<div class="layer-maps"><h3>Layers over the epochs</h3><p>{about}</p>{maps}</div>' if maps else ""


def _relative_update(layer: dict[str, Any]) -> float | None:
    update, weight = layer.get("update"), layer.get("weight")
    return update / weight if update and weight else None


def _contributions(contributions: Mapping[str, Any]) -> str:
    layers = [
        (layer_name(layer["label"]), share(layer["share"] or 0.0), number(layer["total"] or 0.0))
        for layer in contributions.get("layers") or ()
    ]
    weights = [
        (f"{each['parameter']}[{', '.join(map(str, each['index']))}]", *map(_number, _values(each)))
        for each in (contributions.get("largest") or ())[:MAX_WEIGHTS]
    ]
    about = (
        "The contribution of a weight is its value times its gradient: about how much smaller the loss would be "
        "without it. "
        "Below 0, the weight helps."
    )
    heads = ("Weight", "Contribution", "Value", "Gradient")
    by_layer = table(layers, ("Layer", "Share of all contributions", "Sum"))
    return f"<p>{about}</p>{by_layer}<h3>Largest weights</h3>{table(weights, heads)}"


def _values(weight: Mapping[str, Any]) -> tuple[Any, ...]:
    return weight["contribution"], weight["weight"], weight["gradient"]


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def _data(report: ReportView) -> str:
    used, facts = report.data, dict[str, str]()
    if dataset := used.dataset:
        facts["Data set"] = f"{dataset.name} ({dataset.id}): {dataset.rows:,} rows, {dataset.columns:,} columns"
    facts["To predict"] = ", ".join(used.targets)
    facts["Learned from"] = _names(used.features)
    if used.training_rows is not None:
        facts["Rows"] = f"{used.training_rows:,} for training, {used.validation_rows or 0:,} to measure the result"
    left_out = table(
        [(each.column, each.reason) for each in used.left_out[:MAX_NAMES]], ("Column", "Why it is left out")
    )
    warnings = [*(dataset.warnings if dataset else ()), *report.warnings]
    return (
        f"{table(facts.items())}{listed(used.notes)}"
        f"{f'<h3>Left out</h3>{left_out}' if used.left_out else ''}"
        f"{f'<h3>Warnings</h3>{_warnings(warnings)}' if warnings else ''}"
    )


def _warnings(warnings: list[WarningView]) -> str:
    return listed(f"{each.column}: {each.detail}" if each.column else each.detail for each in warnings)


def _names(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{', '.join(names[:MAX_NAMES])}{more}"


def _missing(report: ReportView) -> Iterator[str]:
    for each in report.missing:
        yield f"{PARTS.get(each.part, each.part)}: {each.reason}"
