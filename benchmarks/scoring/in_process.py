"""Train a job in this process as the service does, from the file to the score, without the service."""

import json
import time
from pathlib import Path
from typing import Any

from benchmarks.scoring.results import Result, accuracy, r2
from benchmarks.scoring.tables import Split, columns
from engine.batches import Rows
from engine.spec import ModelSpec, TrainingSpec
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tabular.limits import Limits
from tabular.planning.network import build_network
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.training_arrays import make_training_arrays
from tabular.profile import Profile
from tabular.readers.options import ReadOptions
from tabular.readers.rows import table_from_rows
from tabular.readers.sandbox import read_file
from tabular.reading import RowReading
from tabular.spec import FeatureSpec
from tabular.table import read_table


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
    model, features = request.get("model"), request.get("features")
    return plan(
        profile,
        PlanRequest(
            target=split.target,
            task=split.task,
            preset=request.get("preset", "balanced"),
            features=None if features is None else tuple(map(FeatureSpec.model_validate, features)),
            model=None if model is None else ModelSpec.model_validate(model),
            training=TrainingSpec.model_validate(request.get("training", {})),
        ),
    )


def score(split: Split, request: dict[str, Any], folder: Path) -> Result:
    """Train on the split's rows and score the unseen ones."""
    profile, parquet = read_split(split, folder)
    started = time.process_time()
    planned = plan_split(profile, split, request)
    arrays = make_training_arrays(read_table(parquet), planned)
    network = build_network(planned, arrays.preprocessor.width, arrays.preprocessor.wave_inputs)
    training = Rows(arrays.x, arrays.y, arrays.sample_weights)
    validation = Rows(arrays.validation_x, arrays.validation_y, arrays.validation_sample_weights)
    state = initialize_training(network, planned.training, training)
    for _ in train(network, state, planned.training, training, validation):
        pass
    seconds = time.process_time() - started
    network.parameters.vector[:] = final_parameters(state)
    network.load_torch_state(arrays.target.fold_into(network.torch_state()))
    stored = profile.to_json()
    reading = RowReading.of_dataset(stored["columns"], stored["reading"])
    table = table_from_rows(unseen_rows(split), arrays.preprocessor.input_columns, reading)
    answers = arrays.target.decode(network.predict(arrays.preprocessor.transform(table, dtype=network.dtype)))
    detail = f"best epoch {state.best.epoch if state.best else 0} of {planned.training.epochs}"
    return Result(
        task=planned.task or "", score=score_answers(planned.task, answers, split), cpu_seconds=seconds, detail=detail
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
