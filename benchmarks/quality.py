"""Score default jobs on unseen rows of tables, beside other libraries that are installed.

    ./dev bench quality FILE.csv[:TARGET[:TASK[:UNSEEN.csv]]] ...              in this process
    ./dev bench quality --url http://127.0.0.1:8000 FILE.csv ...               through a running service

Files may be compressed with gzip and may lack a header; the target is the last column unless named. Prints the score
(accuracy or R²) and the CPU seconds of each contender on each table, then figures over all tables.
`--request NAME=JSON` adds a contender: the fields of a job request, for example
`wide={"model": {"layers": [{"type": "dense", "units": 256}]}}`.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scoring import in_process, over_http, peers
from benchmarks.scoring.results import Result, ResultCache, source_digest
from benchmarks.scoring.summary import Scoreboard, summary_lines, table_lines
from benchmarks.scoring.tables import Split, read_splits

PRESETS = ("fast", "balanced", "best")


def main() -> None:
    """Score all contenders, then print the tables."""
    options = _options()
    bench = QualityBench(options)
    for source in options.files:
        for split in read_splits(source, options.splits, options.large_splits, options.max_rows):
            bench.score(split)
    _print(bench.board, options.kept_out)


class QualityBench:
    """Scores all contenders on one split after another."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.board = Scoreboard()
        self._options = options
        self._tables = options.cache / "tables"
        self._cache = ResultCache(options.cache / "results")
        self._code = options.code or source_digest(["engine", "tabular", "worker/job"])
        self._peers = [peer for peer in peers.PEERS if peer.name in options.peers]
        for package in dict.fromkeys(peer.package for peer in self._peers if not peer.is_installed):
            print(f"{package} is not installed; only its stored results are shown. To add it: pip install {package}")

    def score(self, split: Split) -> None:
        """Add the results of all contenders on a split."""
        self.board.rows[split.table] = len(split.training) + len(split.unseen)
        task = in_process.task_of(split, self._tables)
        for peer in self._peers:
            compute = partial(peers.score, peer, split, task) if peer.is_installed else None
            self._add(split, peer.name, self._cache.get((peer.name, split.digest(), task), compute))
        for name, request in _requests(self._options).items():
            self._add(split, name, self._job(split, request))

    def _job(self, split: Split, request: dict[str, Any]) -> Result | None:
        if self._options.url:
            return over_http.score(self._options.url, split, request)
        key = (split.digest(), json.dumps(request, sort_keys=True), self._code)
        return self._cache.get(key, partial(in_process.score, split, request, self._tables))

    def _add(self, split: Split, name: str, result: Result | None) -> None:
        if result is None:
            return
        self.board.add(split.table, name, result)
        progress = f"{split.table} {split.number} {name}: {result.score:.4f} in {result.cpu_seconds:.2f} s"
        print(f"{progress}  {result.detail}", file=sys.stderr)


def _requests(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return the job request of each contender."""
    found: dict[str, dict[str, Any]] = {name: {"preset": name} for name in options.presets}
    return found | {name: json.loads(text) for name, _, text in (each.partition("=") for each in options.request)}


def _print(board: Scoreboard, kept_out: Sequence[str]) -> None:
    print(*table_lines(board), sep="\n")
    chosen = [table for table in board.tables if table not in kept_out]
    parts = {"all tables": list(board.tables)}
    if kept_out:
        parts |= {"tables that defaults were chosen on": chosen, "tables kept out of the choice": list(kept_out)}
    for title, tables in parts.items():
        if any(table in board.tables for table in tables):
            print(f"\n{title}", *summary_lines(board, tables), sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", help="PATH[:TARGET[:TASK[:PATH OF UNSEEN ROWS]]]")
    parser.add_argument("--url", help="a running service; without it, jobs are trained in this process")
    parser.add_argument("--presets", type=_names, default=PRESETS, help="such as fast,balanced")
    parser.add_argument("--request", action="append", default=[], metavar="NAME=JSON", help="another contender")
    parser.add_argument("--peers", type=_names, default=("mlp", "boosting", "catboost", "realmlp"))
    parser.add_argument("--splits", type=int, default=3, help="random splits of each table")
    parser.add_argument("--large-splits", type=int, default=1, help="splits of each table of more than 5,000 rows")
    parser.add_argument("--max-rows", type=int, help="use a sample of that many rows of larger tables")
    parser.add_argument("--kept-out", type=_names, default=(), help="tables to summarize apart")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "backprop-quality")
    parser.add_argument("--code", help="use results of that version of the code, a hash, where they are known")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


if __name__ == "__main__":
    main()
