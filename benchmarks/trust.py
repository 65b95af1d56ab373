"""Check on unseen rows of tables what models say about themselves: intervals, label sets, calibration, contributions.

    ./dev bench trust FILE.csv[:TARGET[:TASK]] ...

Trains a job on 80 % of each table as the worker does, and prints for the unseen 20 %: how often intervals (of numbers)
or label sets (of classes) of `--level` contain the truth, in the evaluation and in truth (± the standard error that
so many unseen rows have: `--training-rows` leaves more of them unseen); their mean width relative to
the standard deviation of the target, or the mean size; the log loss with and without temperature; by how much the
contributions of single answers miss the answer minus the baseline answer; and the score for shuffled targets beside
the naive baseline.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.scoring.in_process import read_split, train_split, unseen_rows
from benchmarks.scoring.tables import Split, read_splits
from tabular.trained_model.detailed_predictions import Details, predict_in_detail
from tabular.trained_model.trained_model import TrainedModel
from worker.job.evaluation.evaluated_model import EvaluatedModel, evaluate_model

EXPLAINED_ROWS = 200
HEADER = (
    "table                  said  covered          width or size  log loss (without T)  add up  shuffled (baseline)"
)

Answers = list[dict[str, Any]]


def main() -> None:
    """Print a line for each table, then the mean coverage."""
    options = _options()
    covered = []
    print(HEADER)
    for source in options.files:
        for whole in read_splits(source, options.splits, options.splits, options.max_rows):
            split = _with_training_rows(whole, options.training_rows)
            found = _train(split, options.request)
            answers = predict_in_detail(found.model, unseen_rows(split), Details(interval=options.level))
            inside = [_is_inside(answer, true) for answer, true in zip(answers, split.truth, strict=True)]
            if "value" in answers[0]:
                covered.append(float(np.mean(inside)))
            print(_line(split, found, answers, float(np.mean(inside)), options), flush=True)
    if covered:
        within = sum(abs(each - options.level) <= 0.02 for each in covered)
        print(
            f"numbers: mean coverage {np.mean(covered):.3f}; {within} of {len(covered)} within 0.02 of {options.level}"
        )


def _with_training_rows(split: Split, rows: int | None) -> Split:
    """Return the split with at most so many rows to train on; the others are unseen."""
    if rows is None:
        return split
    return replace(split, training=split.training[:rows], unseen=(*split.unseen, *split.training[rows:]))


def _train(split: Split, request: dict[str, Any]) -> EvaluatedModel:
    """Train and evaluate a job as the worker does."""
    with tempfile.TemporaryDirectory() as folder:
        profile, parquet = read_split(split, Path(folder))
        return evaluate_model(train_split(split, request, profile, parquet))


def _line(split: Split, found: EvaluatedModel, answers: Answers, covered: float, options: argparse.Namespace) -> str:
    evaluation = found.evaluation or {}
    said = next(
        (
            each
            for each in evaluation.get("intervals") or evaluation.get("sets") or []
            if each["level"] == options.level
        ),
        {"coverage": float("nan")},
    )
    explained = predict_in_detail(found.model, unseen_rows(split)[:EXPLAINED_ROWS], Details(explain=True))
    scale = _scale(split) if "value" in answers[0] else 1.0
    missed = max(_missed(answer) for answer in explained) / scale
    columns = [
        f"{split.table:20.20}  {said['coverage']:.3f}  {covered:7.3f} ± {_standard_error(covered, len(answers)):.3f}",
        f"{_extent(answers, scale):13.3f}",
        f"{_losses(found.model, split, answers):>20}",
        f"{missed:.0e}",
        _shuffled(split, options.request) if options.shuffle else "",
    ]
    return "  ".join(columns)


def _standard_error(share: float, rows: int) -> float:
    """Return the standard deviation of a share of independent rows."""
    return float(np.sqrt(share * (1 - share) / rows))


def _scale(split: Split) -> float:
    """Return the standard deviation of the targets; 1 if all are the same."""
    return float(np.std([float(true) for true in split.truth])) or 1.0


def _is_inside(answer: dict[str, Any], true: str) -> bool:
    if "value" in answer:
        return bool(answer["interval"]["low"] <= float(true) <= answer["interval"]["high"])
    return any(_same(label, true) for label in answer["set"])


def _same(label: str, true: str) -> bool:
    try:
        return label == true or float(label) == float(true)
    except ValueError:
        return False


def _extent(answers: Answers, scale: float) -> float:
    """Return the mean width of the intervals in standard deviations of the target, or the mean size of the sets."""
    if "value" in answers[0]:
        return float(np.mean([each["interval"]["high"] - each["interval"]["low"] for each in answers])) / scale
    return float(np.mean([len(each["set"]) for each in answers]))


def _losses(model: TrainedModel, split: Split, answers: Answers) -> str:
    if "value" in answers[0]:
        return "-"
    plain = replace(model, calibration=None).predict(unseen_rows(split))
    return f"{_log_loss(answers, split):.4f} ({_log_loss(plain, split):.4f})"


def _log_loss(answers: Answers, split: Split) -> float:
    losses = []
    for answer, true in zip(answers, split.truth, strict=True):
        probability = sum(value for label, value in answer["probabilities"].items() if _same(label, true))
        losses.append(-np.log(max(probability, 1e-15)))
    return float(np.mean(losses))


def _missed(answer: dict[str, Any]) -> float:
    value = answer["value"] if "value" in answer else answer["probabilities"][answer["label"]]
    return abs(sum(answer["contributions"].values()) - (value - answer["baseline"]))


def _shuffled(split: Split, request: dict[str, Any]) -> str:
    """Return the score on held-out rows after the targets were shuffled, and that of the baseline."""
    targets = [row[split.place] for row in split.training]
    random.Random(0).shuffle(targets)
    rows = tuple(
        [*row[: split.place], target, *row[split.place + 1 :]]
        for row, target in zip(split.training, targets, strict=True)
    )
    evaluation = _train(replace(split, training=rows), request).evaluation or {}
    metric = "log_loss" if "log_loss" in evaluation else "r2"
    return f"{evaluation[metric]:.4f} ({evaluation['baseline'][metric]:.4f})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench trust", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", help="PATH[:TARGET[:TASK]]")
    parser.add_argument("--level", type=float, default=0.9, help="of the intervals and label sets")
    parser.add_argument("--splits", type=int, default=1, help="random splits of each table")
    parser.add_argument("--training-rows", type=int, help="train on at most so many rows; all others are unseen")
    parser.add_argument("--max-rows", type=int, help="use a sample of that many rows of larger tables")
    parser.add_argument(
        "--request", type=json.loads, default={}, help='fields of the request, such as {"preset": "fast"}'
    )
    parser.add_argument("--shuffle", action="store_true", help="also train on shuffled targets")
    return parser.parse_args()


if __name__ == "__main__":
    main()
