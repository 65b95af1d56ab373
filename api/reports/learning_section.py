"""The section "How this network learned": the stages of one training step, layer by layer, and the path of a weight."""

from collections.abc import Iterator
from html import escape

from api.pages.html import section, table
from api.reports.drawing import network_drawing
from api.reports.step_schemas import StepLayerView, StepView, WeightPathView
from service.reports.phrases import count, duration, layer_name, number, share

INTRODUCTION = (
    "A neural network learns by correcting itself: it answers, measures how wrong the answer was, finds out how much "
    "each "
    "of its weights contributed to the error (backpropagation), and changes each weight a little. Choose a part of "
    "such a "
    "step; all numbers are this job's own."
)


def learning_section(step: StepView) -> str:
    """Return the section as HTML."""
    buttons = "".join(_button(stage.key, stage.title, first=not at) for at, stage in enumerate(step.stages))
    panels = "".join(
        f'<div class="stage {stage.key}"><h3>{escape(stage.title)}</h3>{network_drawing(step, stage.key)}'
        f"{_paragraphs(stage.sentences)}</div>"
        for stage in step.stages
    )
    parts = [
        f"<p>{escape(INTRODUCTION)}</p>{_which(step)}",
        f'<div class="steps" role="group" aria-label="Parts of a training step">{buttons}{panels}</div>',
        f"<h3>Layer by layer</h3><p>{escape(_about(step))}</p>{table(_rows(step), HEADS)}",
    ]
    if step.weight and step.weight_in_words:
        first, _, *rest = step.weight_in_words
        about = "The strongest path from the weight to the loss, for one row: the factors of the chain rule."
        factors = table(_factors(step.weight), ("Factor", "Value"))
        parts.append(f"<h3>The path of one weight</h3><p>{escape(first)}</p><p>{about}</p>{factors}{_paragraphs(rest)}")
    return section("How this network learned", "".join(parts))


def _button(key: str, title: str, *, first: bool) -> str:
    checked = " checked" if first else ""
    return (
        f'<input type="radio" name="stage" id="stage-{key}"{checked}>'
        f'<label for="stage-{key}">{escape(title.partition(":")[0])}</label>'
    )


def _paragraphs(sentences: list[str]) -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)


def _which(step: StepView) -> str:
    """Say which network is shown if the model has several."""
    networks, bags = step.network.networks, step.network.bags
    if networks == bags == 1:
        return ""
    of = f"{bags} groups of {networks} networks" if bags > 1 else f"{networks} networks"
    return (
        f"<p>The model averages the answers of {of}. The first network of the first group is shown; the others learn "
        "alike.</p>"
    )


def _factors(path: WeightPathView) -> Iterator[tuple[str, str]]:
    for factor in path.factors:
        values = {"unit": factor.unit + 1, "layer": layer_name(factor.layer), "name": path.input_name or "of the layer"}
        yield FACTORS[factor.kind].format(**values), _number(factor.value)
    yield "All multiplied", _number(path.path)


FACTORS = {
    "input": "Input {name}",
    "slope": "\N{MULTIPLICATION SIGN} slope of the activation of unit {unit} in {layer}",
    "scale": "\N{MULTIPLICATION SIGN} scale of unit {unit} in {layer}",
    "weight": "\N{MULTIPLICATION SIGN} weight to unit {unit} of {layer}",
    "error": "\N{MULTIPLICATION SIGN} error of the answer, for one row of the mean",
    "later_layers": "\N{MULTIPLICATION SIGN} gradient that comes back from {layer}",
}
HEADS = (
    *("Layer", "Weights", "Size of outputs", "Gradient that arrives", "Gradient passed on", "Gradient of weights"),
    *("Step ÷ weight", "Operations forward", "backward", "Time forward", "backward"),
)


def _about(step: StepView) -> str:
    return (
        f"Measured on {count(step.rows)} rows. Sizes are typical magnitudes (root mean squares); operations are per "
        "row, "
        "times for all rows. A layer without numbers in the middle has no weights."
    )


def _rows(step: StepView) -> Iterator[tuple[str, ...]]:
    for layer in step.layers:
        yield _row(layer)
    seconds, layers = step.seconds, step.layers
    yield (
        *("All layers", count(sum(layer.parameters for layer in layers)), "", "", "", "", ""),
        *(count(sum(layer.flops_forward for layer in layers)), count(sum(layer.flops_backward for layer in layers))),
        *(duration(seconds.forward), duration(seconds.backward)),
    )


def _row(layer: StepLayerView) -> tuple[str, ...]:
    frozen = " (frozen)" if layer.frozen else ""
    return (
        layer_name(layer.label) + frozen,
        count(layer.parameters) if layer.parameters else "",
        *map(_number, (layer.activation, layer.gradient_in, layer.gradient_out, layer.weight_gradient)),
        "" if layer.relative_update is None else share(layer.relative_update),
        *(count(layer.flops_forward), count(layer.flops_backward)),
        *(duration(layer.forward_seconds), duration(layer.backward_seconds) if layer.gradient_in is not None else ""),
    )


def _number(value: float | None) -> str:
    return "" if value is None else number(value)
