"""Tables of scores, and figures over all tables for each contender."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.scoring.results import Result

MAX_DIFFERENCE = 0.1  # that one table counts, so that none decides alone
SAME = 1e-9

Scores = dict[str, list[Result]]  # the splits of each contender


@dataclass(slots=True)
class Scoreboard:
    """The results of all contenders on all tables: `tables[table][contender]` has one result for each split."""

    rows: dict[str, int] = field(default_factory=dict)
    tables: dict[str, Scores] = field(default_factory=dict)

    def add(self, table: str, contender: str, result: Result) -> None:
        """Add the result of a split."""
        self.tables.setdefault(table, {}).setdefault(contender, []).append(result)

    @property
    def contenders(self) -> list[str]:
        """All names, in the order in which they were added."""
        return list(dict.fromkeys(name for scores in self.tables.values() for name in scores))


def table_lines(board: Scoreboard) -> Iterator[str]:
    """Yield a line for each table: rows, kind of score, and the mean score and CPU seconds of each contender."""
    names = board.contenders
    yield f"{'table':<14}{'rows':>7} {'score':<5}" + "".join(f"{name:>11}{'s':>7}" for name in names)
    for table, scores in board.tables.items():
        task = next(iter(scores.values()))[0].task
        kind = "acc" if task == "classification" else "R2"
        cells = (_cells(scores[name]) if name in scores else f"{'-':>11}{'':>7}" for name in names)
        yield f"{table:<14}{board.rows[table]:>7} {kind:<5}" + "".join(cells)


def _cells(results: Sequence[Result]) -> str:
    return f"{_score(results):>11.4f}{_seconds(results):>7.1f}"


def summary_lines(board: Scoreboard, tables: Sequence[str]) -> Iterator[str]:
    """Yield a line for each contender over the given tables.

    Differences of accuracy or R² to a peer count up to 0.1 each. `errors`: the geometric mean of (1 - R²) relative to
    that of boosting. `rank`: the mean rank among all contenders.
    `per s`: the mean score divided by the mean CPU seconds.
    """
    scores = {table: board.tables[table] for table in tables if table in board.tables}
    names = board.contenders
    yield (
        f"{'contender':<12}{'tables':>7}{'mean':>8}{'to boosting':>20}{'>boost':>8}{'to mlp':>9}{'>=mlp':>8}"
        f"{'errors':>8}{'rank':>6}{'cpu s':>8}{'x mlp':>7}{'median':>8}{'most':>7}{'per s':>8}"
    )
    for name in names:
        own = {table: each for table, each in scores.items() if name in each}
        if own:
            yield _summary(name, own, names)


def _summary(name: str, scores: Mapping[str, Scores], names: Sequence[str]) -> str:
    means = [_score(each[name]) for each in scores.values()]
    seconds = [_seconds(each[name]) for each in scores.values()]
    boosting, mlp = (_differences(scores, name, peer) for peer in ("boosting", "mlp"))
    mlp_seconds = sum(_seconds(each["mlp"]) for each in scores.values() if "mlp" in each)
    return (
        f"{name:<12}{len(means):>7}{statistics.mean(means):>8.4f}{_mean_and_error(boosting):>20}"
        f"{_share([d > SAME for d in boosting]):>8}{_mean(mlp):>9}{_share([d >= -SAME for d in mlp]):>8}"
        f"{_error_ratio(scores, name):>8}{statistics.mean(_ranks(scores, name, names)):>6.2f}{sum(seconds):>8.1f}"
        f"{sum(seconds) / mlp_seconds if mlp_seconds else math.nan:>7.2f}{statistics.median(seconds):>8.2f}"
        f"{max(seconds):>7.1f}{statistics.mean(means) / statistics.mean(seconds):>8.3f}"
    )


def _differences(scores: Mapping[str, Scores], name: str, peer: str) -> list[float]:
    found = [_score(each[name]) - _score(each[peer]) for each in scores.values() if peer in each]
    return [min(max(value, -MAX_DIFFERENCE), MAX_DIFFERENCE) for value in found]


def _error_ratio(scores: Mapping[str, Scores], name: str) -> str:
    logarithms = [
        math.log(max(1 - _score(each[name]), 1e-12) / max(1 - _score(each["boosting"]), 1e-12))
        for each in scores.values()
        if "boosting" in each and each[name][0].task == "regression"
    ]
    return f"{math.exp(statistics.mean(logarithms)):.3f}" if logarithms else "-"


def _ranks(scores: Mapping[str, Scores], name: str, names: Sequence[str]) -> list[float]:
    found = []
    for each in scores.values():
        own, others = _score(each[name]), [_score(each[other]) for other in names if other in each and other != name]
        found.append(
            1 + sum(other > own + SAME for other in others) + sum(abs(other - own) <= SAME for other in others) / 2
        )
    return found


def _score(results: Sequence[Result]) -> float:
    return statistics.mean(result.score for result in results)


def _seconds(results: Sequence[Result]) -> float:
    return statistics.mean(result.cpu_seconds for result in results)


def _mean(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):+.4f}" if values else "-"


def _mean_and_error(values: Sequence[float]) -> str:
    if len(values) < 2:
        return _mean(values)
    return f"{statistics.mean(values):+.4f} ± {statistics.stdev(values) / math.sqrt(len(values)):.4f}"


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.0%}" if values else "-"
