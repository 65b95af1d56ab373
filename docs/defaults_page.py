"""The generated page of defaults: what a job gets for the fields that its request leaves out."""

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.spec import TrainingSpec
from tabular.encodings import ENCODINGS, MAX_DEFAULT_SIZE, fitting_encodings
from tabular.planning.default_texts import MODEL_DEFAULT, PRESET_TEXTS, TRAINING_DEFAULTS
from tabular.planning.presets import MAX_BINNED_NUMBERS, MIN_FOLDED_ROWS
from tabular.profile import COLUMN_TYPES
from tabular.spec import PRESETS


def defaults_page(header: str) -> str:
    """Return the page, from the code that chooses the defaults."""
    return (
        f"{header}# Defaults\n\n"
        "A job needs only `dataset_id` and `target`. This page lists what it gets for everything else. Some defaults "
        "depend on the table; the job's `spec` shows every value that was chosen. To see them without creating a job, "
        "send the request with `?validate_only=true`.\n\n"
        f"## Presets\n\n{_presets()}\n"
        f"## Features\n\n{_features()}\n"
        f"## Model\n\nThe hidden layers are {MODEL_DEFAULT}.\n\n"
        f"## Training\n\nFrom `tabular/planning/defaults.py` and `engine/spec/training.py`.\n\n{_training()}"
    )


def _presets() -> str:
    rows = "".join(f"| `{name}` | {PRESET_TEXTS[name]} |\n" for name in PRESETS)
    return (
        "The request's `preset` decides about the network, unless the request has `model` layers, `sequence` or "
        "`init_from` of its own, or the optimizer `lbfgs`; and about folds and ensembles, unless it has a `validation` "
        "or an `ensemble` of its own. All three presets use the same recipe for the network of a table: numbers as "
        f"`numeric_embedding` (as `robust` in tables with more than {MAX_BINNED_NUMBERS} columns of numbers), the "
        f"layers and the training below.\n\n| preset | what it trains |\n|---|---|\n{rows}\n"
        f"Tables with fewer than {MIN_FOLDED_ROWS} rows get one network with any preset, and so do tables with more "
        "rows than stated. [Decision 0029](decisions/0029-presets.md) has the scores and the times of the presets "
        "beside other libraries.\n"
    )


def _features() -> str:
    lines = list[str]()
    lines.append(
        "By default a network learns from every column that carries information: not from targets, sample weights, "
        "constant or empty columns, identifiers, or free text. The encoding follows from the column's type:\n\n"
        "| type | default | what it does | alternatives |\n|---|---|---|---|\n"
    )
    for kind in COLUMN_TYPES:
        default, *others = fitting_encodings(kind)
        alternatives = ", ".join(f"`{name}`" for name in others)
        lines.append(f"| {kind} | `{default}` | {ENCODINGS[default].description} | {alternatives} |\n")
    lines.append(
        f"\nAn embedding of n categories has 1.6 n^0.56 numbers, at most {MAX_DEFAULT_SIZE}. Free text is encoded only "
        "if the request names the column.\n"
    )
    return "".join(lines)


def _training() -> str:
    rows = [f"| `{name}` | {_default(name, field)} |\n" for name, field in TrainingSpec.model_fields.items()]
    return "| field | default |\n|---|---|\n" + "".join(rows)


def _default(name: str, field: FieldInfo) -> str:
    if name in TRAINING_DEFAULTS:
        return TRAINING_DEFAULTS[name]
    value = field.default
    if isinstance(value, BaseModel):
        return ", ".join(f"`{key}` {_value(part)}" for key, part in value.model_dump().items())
    return _value(value)


def _value(value: object) -> str:
    if value is None or value == ():
        return "none"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"
