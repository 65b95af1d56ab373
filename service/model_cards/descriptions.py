"""Describe specs and targets in sentences, for model cards."""

from collections.abc import Iterator, Mapping
from typing import Any

MAX_NAMED_CLASSES = 10
SPLIT_RULES = {
    "random": "chosen at random",
    "stratified": "chosen at random and stratified",
    "time": "the last ones in time",
    "group": "in whole groups",
}


def summarize(target: Mapping[str, Any]) -> str:
    """Return what a model predicts, as one sentence."""
    columns = target.get("targets") or [target]
    return f"The model predicts {' and '.join(map(_predicted, columns))}."


def _predicted(column: Mapping[str, Any]) -> str:
    classes = column.get("classes") or ()
    if not classes:
        return f"the number {column['column']!r}"
    named = ", ".join(repr(name) for name in classes[:MAX_NAMED_CLASSES])
    more = f" and {len(classes) - MAX_NAMED_CLASSES} more" if len(classes) > MAX_NAMED_CLASSES else ""
    return f"which class {column['column']!r} has: {named}{more}"


def describe_spec(spec: Mapping[str, Any], architecture: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences that describe the job's spec and the networks."""
    if preset := spec.get("preset"):
        yield f"The preset was {preset!r}; it decided what the request left out."
    bags = architecture.get("bags") or [architecture]
    for place, bag in enumerate(bags, 1):
        which = f"Bag {place}" if len(bags) > 1 else "The model"
        networks = bag.get("networks", 1)
        count = f"{networks} networks whose answers are averaged, each" if networks > 1 else "one network"
        share = f", with a weight of {bag['weight']:g} in the answer" if len(bags) > 1 else ""
        yield f"{which} is {count} with {bag['inputs']} inputs and {_layers(bag['layers'])}{share}."
    training = spec.get("training") or {}
    optimizer, loss = training.get("optimizer") or {}, architecture.get("loss") or {}
    if optimizer:
        rate = optimizer.get("learning_rate")
        with_rate = f" with a learning rate of {rate:g}" if isinstance(rate, int | float) else ""
        yield (
            f"Trained with {optimizer.get('type')}{with_rate} for up to {training.get('epochs')} epochs, "
            f"{training.get('batch_size')} rows at a time, to minimize {loss.get('type')}."
        )
    if validation := training.get("validation"):
        yield _validation(validation)


def _layers(layers: list[Mapping[str, Any]]) -> str:
    """Return the layers in a few words: the type of each, and its size."""
    if not layers:
        return "no hidden layers"
    names = [" ".join(str(layer[key]) for key in ("units", "channels", "type") if key in layer) for layer in layers]
    return f"the layers {', '.join(names)}"


def _validation(validation: Mapping[str, Any]) -> str:
    if validation.get("folds"):
        return f"Every row was held out once, in one of {validation['folds']} folds."
    if validation.get("dataset_id"):
        return f"The rows of the data set {validation['dataset_id']} were held out."
    fraction = validation.get("fraction")
    if not fraction:
        return "No rows were held out."
    return f"{fraction:.0%} of the rows were held out, {SPLIT_RULES[validation.get('by') or 'random']}."
