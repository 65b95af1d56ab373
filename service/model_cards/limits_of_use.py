"""Where a model must not be trusted, as sentences for model cards."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FEW_ROWS = 100  # held-out rows below which scores say little
RARE_ROWS = 10  # held-out rows of a class below which its scores say little
MAX_NAMES = 10


def limits_of_use(
    columns: Sequence[Mapping[str, Any]], evaluation: Mapping[str, Any] | None, preprocessing: Mapping[str, Any]
) -> Iterator[str]:
    """Yield sentences about rows and uses for which the model's answers are unreliable."""
    numbers = [column["name"] for column in columns if column.get("min") is not None]
    if numbers:
        yield f"Values of {_named(numbers)} outside the ranges of the training data are extrapolated."
    labels = [column["name"] for column in columns if column["type"] in {"category", "boolean", "text"}]
    if labels:
        yield f"Values of {_named(labels)} that are rare or absent in the training rows count as unknown."
    complete = [column["name"] for column in columns if column.get("missing") == 0]
    if complete:
        yield f"The data have no missing values of {_named(complete)}; answers for rows without them are guesses."
    yield from _limits_of_scores(evaluation)
    targets = preprocessing["target"].get("targets") or [preprocessing["target"]]
    for target in targets:
        if clamp := target.get("clamp"):
            yield f"Answers for {target['column']!r} never leave the range from {clamp[0]:g} to {clamp[1]:g}."
    yield (
        "The scores hold for rows like those of the data set. Evaluate the model again when the data change, and "
        "compare it with a newly trained one."
    )


def _limits_of_scores(evaluation: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what the scores do not say."""
    if not evaluation:
        yield "No rows were held out, so it is not known how good the model is. Train with validation rows to find out."
        return
    rows = evaluation.get("rows", 0)
    if rows < FEW_ROWS:
        yield f"Only {rows} rows were held out, so the scores are uncertain."
    rare = [each["label"] for each in evaluation.get("per_class") or () if each.get("rows", RARE_ROWS) < RARE_ROWS]
    if rare:
        yield f"Fewer than {RARE_ROWS} held-out rows have the class {_named(rare)}; its scores are uncertain."


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:MAX_NAMES]))
    return f"{shown} and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else shown
