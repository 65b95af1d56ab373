"""The scores of several targets together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.memory import Array
from engine.metrics.score import Floats, Score


class MultiTargetScore(Score):
    """The scores of several targets, each with its own outputs and target columns."""

    def __init__(self, parts: Sequence[Score], outputs: Sequence[slice], columns: Sequence[slice]) -> None:
        self.parts = list(zip(parts, outputs, columns, strict=True))
        self.names = tuple(dict.fromkeys(name for part in parts for name in part.names))

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Add its part to each score."""
        for part, outputs, columns in self.parts:
            part.add(logits[:, outputs], targets[:, columns], weights)

    def metrics(self) -> dict[str, float]:
        """Return the mean of each metric over the targets that have it."""
        values: defaultdict[str, list[float]] = defaultdict(list)
        for part, _, _ in self.parts:
            for name, value in part.metrics().items():
                values[name].append(value)
        return {name: sum(each) / len(each) for name, each in values.items()}
