"""Which classes are mistaken for which."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MAX_CLASSES = 50  # in a matrix; of more classes those with the most errors are shown
MAX_PAIRS = 20  # of classes that are mistaken for each other


def confusion_counts(y: Array, predicted: Array, classes: int) -> dict[str, Array]:
    """Return the pairs of classes that occur: `true`, `predicted` and `rows`, (pairs,) int64 each.

    A matrix of 10,000 classes would have 100 million cells; there are never more pairs than rows.
    """
    pairs, rows = np.unique(y * classes + predicted, return_counts=True)
    return {"true": pairs // classes, "predicted": pairs % classes, "rows": rows}


def shown_matrix(classes: tuple[str, ...], counts: dict[str, Array]) -> dict[str, Any]:
    """Return the confusion matrix as JSON values: rows are true classes, columns predicted ones.

    Of more than MAX_CLASSES classes it has those with the most errors, and says how many it leaves out.
    """
    shown = np.arange(len(classes))
    if len(classes) > MAX_CLASSES:
        wrong = counts["true"] != counts["predicted"]
        errors = sum(
            np.bincount(counts[side][wrong], weights=counts["rows"][wrong], minlength=len(classes))
            for side in ("true", "predicted")
        )
        shown = np.sort(np.argsort(-np.asarray(errors), kind="stable")[:MAX_CLASSES])
    place = np.full(len(classes), -1)
    place[shown] = np.arange(len(shown))
    true, predicted = place[counts["true"]], place[counts["predicted"]]
    kept = (true >= 0) & (predicted >= 0)
    matrix = np.zeros((len(shown), len(shown)), dtype=np.int64)
    matrix[true[kept], predicted[kept]] = counts["rows"][kept]
    found = {"labels": [classes[number] for number in shown], "counts": matrix.tolist()}
    return found | ({"omitted_classes": len(classes) - len(shown)} if len(shown) < len(classes) else {})


def most_confused(classes: tuple[str, ...], counts: dict[str, Array]) -> list[dict[str, Any]]:
    """Return the pairs of classes with the most errors, as JSON values."""
    wrong = np.flatnonzero(counts["true"] != counts["predicted"])
    largest = wrong[np.argsort(-counts["rows"][wrong], kind="stable")[:MAX_PAIRS]]
    return [
        {
            "true": classes[counts["true"][pair]],
            "predicted": classes[counts["predicted"][pair]],
            "rows": int(counts["rows"][pair]),
        }
        for pair in largest
    ]
