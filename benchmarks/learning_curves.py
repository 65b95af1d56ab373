"""How often is the truth inside the interval of a learning curve that saw at most half of the rows?

    ./dev bench learning_curves FILE.csv[:TARGET[:TASK]] ...

For each table, networks learn from 1/16, 1/8, 1/4 and 1/2 of the training rows (three samples of each), a power law is
fitted to their errors, and its 90 % interval for all rows is compared with the error of a network that has all rows.
All are evaluated on the same rows. Files as for `./dev bench quality`. `--preset` (default `fast`) is that of the jobs.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scoring import in_process
from benchmarks.scoring.tables import Split, read_splits
from engine.spec import SampleSpec
from engine.training.loop import train
from tabular.evaluation.power_law import fit_power_law
from tabular.planning.plan import Plan
from tabular.planning.validation.sample import plan_sample
from tabular.preprocessing.training_arrays import make_training_arrays
from tabular.table import Table, read_table
from worker.job.evaluation.evaluated_model import evaluate_model

FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
REPEATS = 3


def main() -> None:
    """Score all tables, then print how many intervals hold."""
    options = _options()
    held = []
    print(f"{'table':<16}{'rows':>7}  metric     predicted for all rows (90 % interval)    truth   inside")
    for source in options.files:
        split = next(iter(read_splits(source, 1, 1, options.max_rows)))
        found = _table(split, options)
        held.append(found["low"] <= found["truth"] <= found["high"])
        line = f"{found['value']:.4g} ({found['low']:.4g} to {found['high']:.4g})"
        name = f"{found['table']:<16}{found['rows']:>7}  {found['metric']:<10}"
        print(f"{name} {line:<40}{found['truth']:>8.4g}   {'yes' if held[-1] else 'NO'}", flush=True)
        if options.points:
            with options.points.open("a") as file:
                file.write(json.dumps(found) + "\n")
    print(f"{sum(held)} of {len(held)} intervals hold")


def _table(split: Split, options: argparse.Namespace) -> dict[str, Any]:
    profile, parquet = in_process.read_split(split, options.cache / "tables")
    table = read_table(parquet)
    planned = in_process.plan_split(profile, split, {"preset": options.preset})
    samples = [SampleSpec(fraction=each, seed=seed) for each in FRACTIONS for seed in range(1, REPEATS + 1)]
    plans = [planned, *(plan_sample(planned, sample) for sample in samples)]
    metric = "accuracy" if planned.task == "classification" else "rmse"
    errors = [_error(each, table, profile, metric) for each in plans]
    rows = [each.training_rows for each in plans]
    resolution = 1 / planned.rows if metric == "accuracy" else 1e-3 * errors[1]
    law = fit_power_law(rows[1:], errors[1:], resolution)
    assert law is not None
    predicted = law.next_error(rows[0])
    found = {"table": split.table, "rows": rows[0], "metric": "error rate" if metric == "accuracy" else metric}
    found |= {"value": predicted.value, "low": predicted.low, "high": predicted.high, "truth": errors[0]}
    return found | {"points": list(zip(rows, errors, strict=True)), "resolution": resolution}


def _error(planned: Plan, table: Table, profile: Any, metric: str) -> float:
    loaded = in_process.load_job(planned, make_training_arrays(table, planned), profile)
    first = loaded.first
    for _ in train(first.network, loaded.state, first.spec, first.training, first.validation, members=loaded.others):
        pass
    loaded.use_final_parameters()
    score = float((evaluate_model(loaded).evaluation or {})[metric])
    return 1 - score if metric == "accuracy" else score


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--max-rows", type=int, default=4_000)
    parser.add_argument("--points", type=Path, help="append the points of each table to this file, as JSON")
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
