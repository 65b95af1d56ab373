"""The sections of a report about costs: of the training, and of fine-tuning instead."""

from collections.abc import Iterator

from api.pages.html import listed, section, table
from api.reports.cost_schemas import CostsView, FineTuningView
from api.reports.schemas import ReportView
from service.reports.phrases import count, duration, layer_name, share


def cost_sections(report: ReportView) -> Iterator[str]:
    """Yield the sections that the report has numbers for."""
    if costs := report.costs:
        heads = ("Layer", "Outputs", "Weights", "Forward per row", "Backward per row", "Share of both")
        content = f"{table(_facts(report, costs))}{listed(costs.in_words)}<h3>Operations by layer</h3>"
        yield section("What it cost", content + table(_layers(costs), heads))
    if tuned := report.fine_tuning:
        names = (
            "Job",
            "Epochs",
            "Forward per row",
            "Backward per row",
            "Operations",
            "Of this training",
            "Time of a step",
        )
        about, *calculation = tuned.in_words
        content = f"{listed([about])}{table(_options(tuned), names)}<h3>The calculation</h3>{listed(calculation)}"
        yield section("What fine-tuning instead would have cost", content)


def _facts(report: ReportView, costs: CostsView) -> Iterator[tuple[str, str]]:
    yield "Time", f"{duration(report.actual.seconds)}, {duration(report.actual.cpu_seconds)} of a processor core"
    estimated = report.estimate.get("seconds")
    yield "Estimated before", duration(estimated["seconds"]) if estimated else "unknown: no job like it had run before"
    yield "Steps", f"{count(costs.steps)} in {count(costs.epochs)} epochs"
    yield "Forward pass", f"{count(costs.flops.forward)} operations"
    yield "Backward pass", f"{count(costs.flops.backward)} operations"
    yield "Updates", f"{count(costs.flops.update)} operations"
    yield "One answer of the model", f"{count(costs.prediction_flops)} operations"


def _layers(costs: CostsView) -> Iterator[tuple[str, ...]]:
    total = sum(layer.flops_forward + layer.flops_backward for layer in costs.layers)
    for layer in costs.layers:
        both = layer.flops_forward + layer.flops_backward
        shape = " \N{MULTIPLICATION SIGN} ".join(map(count, layer.output_shape))
        yield (
            *(layer_name(layer.label), shape, count(layer.parameters), count(layer.flops_forward)),
            *(count(layer.flops_backward), share(both / total) if total else ""),
        )


def _options(tuned: FineTuningView) -> Iterator[tuple[str, ...]]:
    for option in tuned.options:
        numbers = ", ".join(str(layer + 1) for layer in option.frozen)
        yield (
            f"Layers frozen: {numbers}" if numbers else "All layers train",
            *(count(option.epochs), count(option.forward), count(option.backward), count(option.flops)),
            *(share(option.share), "" if option.step_seconds is None else duration(option.step_seconds)),
        )
