"""Explain what a training cost, what predictions cost, and what fine-tuning would have cost, with the calculation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.reports.costs import TrainingCosts
from service.reports.fine_tuning import EPOCH_SHARE, FineTuning
from service.reports.phrases import count, duration, plural, share, times
from store.tables import Job

BY = "\N{MULTIPLICATION SIGN}"


def describe_costs(job: Job, costs: TrainingCosts, step: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield where the work of the training went, and what it compares with."""
    network, total = costs.network, costs.total_flops
    if network.trained_parameters:
        per_weight = (network.forward + network.backward) / network.trained_parameters
        yield (
            f"The cost grows in proportion to the number of weights: per row, each of the "
            f"{count(network.trained_parameters)} weights takes part in about {count(per_weight)} operations, two "
            "forward "
            "and four backward in most layers. Twice the weights, or twice the rows, cost twice as much."
        )
    if total:
        parts = {name: share(flops / total) for name, flops in costs.flops.items()}
        yield (
            f"Of {count(total)} operations, {parts['forward']} were forward, {parts['backward']} backward and "
            f"{parts['update']} updates of the weights."
        )
    yield from _estimate(job)
    if total and costs.prediction_flops:
        yield (
            f"One answer of the model takes {plural(costs.prediction_flops, 'operation')}, so the training cost as "
            "much as "
            f"{count(total / costs.prediction_flops)} answers. A prediction only runs forward."
        )
    if step and job.ran_seconds and costs.steps:
        computing = costs.steps * sum(seconds or 0.0 for seconds in step["seconds"].values())
        if computing < job.ran_seconds:
            rest = duration(job.ran_seconds - computing)
            yield (
                f"{plural(costs.steps, 'step')} like the measured one take about {duration(computing)}. The other "
                f"{rest} "
                "of the job went into reading the data, validation, evaluation and records."
            )


def _estimate(job: Job) -> Iterator[str]:
    """Yield the estimate beside what happened."""
    estimated = (job.estimate or {}).get("seconds")
    if not estimated or job.finished_at is None or not job.ran_seconds:
        return
    low, high = estimated["low"], estimated["high"]
    inside = low <= job.ran_seconds <= high
    place = "inside" if inside else "outside"
    yield (
        f"Before the start, {duration(estimated['seconds'])} were estimated ({duration(low)} to {duration(high)}); it "
        "took "
        f"{duration(job.ran_seconds)}, {place} that range."
    )


def describe_fine_tuning(costs: TrainingCosts, options: Sequence[FineTuning]) -> Iterator[str]:
    """Yield how the costs of fine-tuning come about."""
    if not options:
        return
    network, rows = costs.network, costs.rows_per_epoch
    yield (
        "Fine-tuning starts from the weights of a trained model (`init_from`) and saves in two ways. It needs fewer "
        "epochs, "
        f"because most is learned already; here {share(EPOCH_SHARE)} of them are assumed. And frozen layers are not "
        "corrected: the backward pass ends at the last of them, so their part of it is skipped."
    )
    yield (
        f"This training: {plural(costs.epochs, 'epoch')} {BY} {plural(rows, 'row')} {BY} ({count(network.forward)} "
        "forward + "
        f"{count(network.backward)} backward) = {count(costs.epochs * rows * (network.forward + network.backward))} "
        "operations."
    )
    for option in options:
        cheaper = f", {times(1 / option.share)} cheaper" if 0 < option.share < 1 else ""
        yield (
            f"{_frozen(option)}: {plural(option.epochs, 'epoch')} {BY} {plural(rows, 'row')} {BY} "
            f"({count(option.forward)} "
            "forward "
            f"+ {count(option.backward)} backward) = {count(option.flops)} operations, {share(option.share)} of the "
            f"training{cheaper}."
        )


def _frozen(option: FineTuning) -> str:
    if not option.frozen:
        return "Fine-tuning all layers"
    layers = [number + 1 for number in option.frozen]
    named = f"layer {layers[0]}" if len(layers) == 1 else f"layers {', '.join(map(str, layers))}"
    return f"Fine-tuning with {named} frozen"
