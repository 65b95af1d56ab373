"""Train a job in this process as the service does, from the file to the score, without the service."""

import json
import time
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from benchmarks.scoring.results import Result, accuracy, r2
from benchmarks.scoring.tables import Split, columns
from engine.spec import ModelSpec, TrainingSpec
from engine.training.loop import train
from tabular.limits import Limits
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.training_arrays import TrainingArrays, make_training_arrays
from tabular.profile import Profile
from tabular.readers.options import ReadOptions
from tabular.readers.sandbox import read_file
from tabular.reading import RowReading
from tabular.spec import EnsembleSpec, FeatureSpec
from tabular.table import read_table
from worker.job.evaluation.held_out import answer_held_out, blend
from worker.job.loaded_job import LoadedJob, initial_state
from worker.job.networks import load_bags, load_folds

ENSEMBLES = TypeAdapter[EnsembleSpec](EnsembleSpec)


def read_split(split: Split, folder: Path) -> tuple[Profile, Path]:
    """Return the profile and the Parquet file of the rows to train on, reading them unless `folder` has them."""
    name = split.digest()[:24]
    parquet, profile = folder / f"{name}.parquet", folder / f"{name}.profile.json"
    if not profile.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / f"{name}.csv"
        source.write_bytes(split.csv())
        found = read_file("csv", source, parquet, ReadOptions(header="true"), Limits())
        source.unlink()
        profile.write_text(json.dumps(found.to_json()))
    return Profile.from_json(json.loads(profile.read_text())), parquet


def plan_split(profile: Profile, split: Split, request: dict[str, Any]) -> Plan:
    """Plan a job with the given fields of a request."""
    model, features, ensemble = (request.get(name) for name in ("model", "features", "ensemble"))
    return plan(
        profile,
        PlanRequest(
            target=split.target,
            task=split.task,
            preset=request.get("preset", "balanced"),
            features=None if features is None else tuple(map(FeatureSpec.model_validate, features)),
            model=None if model is None else ModelSpec.model_validate(model),
            training=TrainingSpec.model_validate(request.get("training", {})),
            ensemble="default" if ensemble is None else ENSEMBLES.validate_python(ensemble),
        ),
    )


def score(split: Split, request: dict[str, Any], folder: Path) -> Result:
    """Train on the split's rows and score the unseen ones."""
    profile, parquet = read_split(split, folder)
    started = time.process_time()
    loaded = train_split(split, request, profile, parquet)
    weights = blend(loaded, answer_held_out(loaded))
    seconds = time.process_time() - started
    answers = loaded.blended(weights).predict(unseen_rows(split))
    best = loaded.state.best
    detail = f"best epoch {best.epoch if best else 0} of {loaded.plan.training.epochs}, weights {weights}"
    task = loaded.plan.task
    found = score_answers(task, answers, split)
    return Result(task=task or "", score=found, cpu_seconds=seconds, detail=detail)


def train_split(split: Split, request: dict[str, Any], profile: Profile, parquet: Path) -> LoadedJob:
    """Return a trained job, whose networks have their final weights."""
    planned = plan_split(profile, split, request)
    loaded = load_job(planned, make_training_arrays(read_table(parquet), planned), profile)
    first = loaded.first
    for _ in train(first.network, loaded.state, first.spec, first.training, first.validation, members=loaded.others):
        pass
    loaded.use_final_parameters()
    return loaded


def load_job(planned: Plan, arrays: TrainingArrays, profile: Profile) -> LoadedJob:
    """Return the job as the worker loads it."""
    bags, folds = tuple(load_bags(planned, arrays, None)), tuple(load_folds(planned, arrays, None))
    stored = profile.to_json()
    return LoadedJob(
        plan=planned,
        target=arrays.target,
        bags=bags,
        folds=folds,
        state=initial_state(bags, folds),
        training_truth=arrays.training_truth,
        truth=arrays.truth,
        held_out=arrays.held_out,
        warnings=arrays.warnings,
        reading=RowReading.of_dataset(stored["columns"], stored["reading"]),
        forecast=None,
        last_values=None,
        fold_preprocessors=tuple(fold.preprocessor for fold in arrays.folds),
    )


def score_answers(task: str | None, answers: list[dict[str, Any]], split: Split) -> float:
    """Return the score of the service's answers for the unseen rows."""
    if task == "classification":
        return accuracy([answer["label"] for answer in answers], split.truth)
    return r2([answer["value"] for answer in answers], split.truth)


def unseen_rows(split: Split) -> list[dict[str, Any]]:
    """Return the unseen rows as they are sent for prediction: numbers in columns of numbers, otherwise texts."""
    names = [name for name in split.names if name != split.target]
    cells = [map(_number if numeric else _text, unseen) for numeric, _, unseen in columns(split)]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _text(cell: str) -> str | None:
    return cell or None


def _number(cell: str) -> float | int | None:
    if not cell:
        return None
    number = float(cell)
    return int(number) if number.is_integer() and "." not in cell else number


def task_of(split: Split, folder: Path) -> str:
    """Return the task that planning finds for the target."""
    profile, _ = read_split(split, folder)
    return plan_split(profile, split, {}).task or ""
