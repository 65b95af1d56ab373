"""How well predicted risks order the times until events."""

from __future__ import annotations

import numpy as np

from engine.memory import Array
from engine.metrics.score import Floats

UNDEFINED = 0.5  # of a concordance without pairs to compare


def concordance(risk: Floats, targets: Array, weights: Floats) -> float:
    """Return the share of comparable pairs of rows in which the earlier event has the higher risk (Harrell, 1982).

    A pair is comparable if one row has an event, and the other has a later time, or is censored at the same time.
    Equal risks count half. `risk: (n,)`, `targets: (n, 2)` times and events, `weights: (n,)`; O(n log² n).
    """
    order = np.lexsort((targets[:, 1], -targets[:, 0]))  # latest first; censored rows first among equal times
    time, event, weight = targets[order, 0], targets[order, 1] > 0, weights[order]
    opens = np.concatenate([[True], (time[1:] != time[:-1]) | (event[1:] != event[:-1])])
    later = np.maximum.accumulate(np.where(opens, np.arange(len(time)), 0))[event]  # how many rows are later
    _, rank = np.unique(risk[order], return_inverse=True)
    event_rank = rank[event]
    smaller = _weight_below(rank, weight, later, event_rank)
    equal_or_smaller = _weight_below(rank, weight, later, event_rank + 1)
    pairs = float(weight[event] @ np.concatenate([[0], np.cumsum(weight)])[later])
    return float(weight[event] @ (smaller + equal_or_smaller) / 2 / pairs) if pairs > 0 else UNDEFINED


def _weight_below(rank: Array, weight: Floats, prefix: Array, bound: Array) -> Floats:
    """Return for each query the weight of those of the first `prefix` rows whose rank is below `bound`.

    A prefix is a union of blocks, one for each bit that is set in its length. At each size of blocks, all rows are
    sorted by block and rank, so that a search finds the rows of a block that are below the bound.
    """
    size = int(rank.max(initial=0)) + 2
    by_rank = np.argsort(rank, kind="stable")
    found = np.zeros(len(prefix))
    for bit in range(int(prefix.max(initial=0)).bit_length()):
        has_bit = (prefix >> bit) & 1 == 1
        block = (prefix[has_bit] >> bit) - 1
        order = by_rank[np.argsort(by_rank >> bit, kind="stable")]
        keys = (order >> bit) * size + rank[order]
        sums = np.concatenate([[0], np.cumsum(weight[order])])
        first = np.searchsorted(keys, block * size)
        last = np.searchsorted(keys, block * size + bound[has_bit])
        found[has_bit] += sums[last] - sums[first]
    return found
