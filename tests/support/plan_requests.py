"""Plan requests and initializations from JSON values, as a client would send them."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import TypeAdapter

from engine.spec import LossSpec, ModelSpec, SigmoidCrossEntropySpec, TrainingSpec
from tabular.planning.initialization import Initialization, ModelDescription
from tabular.planning.request import PlanRequest
from tabular.sequence import SequenceSpec
from tabular.spec import EnsembleSpec, FeatureSpec, InitFrom

ENSEMBLES = TypeAdapter[EnsembleSpec](EnsembleSpec)


def plan_request(  # noqa: PLR0913 - the fields of a request
    target: str | Sequence[str],
    *,
    features: Sequence[dict[str, Any]] | None = None,
    layers: Sequence[dict[str, Any]] | None = None,
    task: Any = None,
    training: dict[str, Any] | None = None,
    sample_weight: str | None = None,
    initialization: Initialization | None = None,
    sequence: SequenceSpec | None = None,
    preset: Any = "balanced",
    ensemble: dict[str, Any] | Literal["default"] | None = None,
) -> PlanRequest:
    """Return a request whose parts are JSON values."""
    return PlanRequest(
        target=target if isinstance(target, str) else tuple(target),
        features=None if features is None else tuple(map(FeatureSpec.model_validate, features)),
        task=task,
        model=None if layers is None else ModelSpec.model_validate({"layers": list(layers)}),
        training=TrainingSpec.model_validate(training or {}),
        sample_weight=sample_weight,
        initialization=initialization,
        sequence=sequence,
        preset=preset,
        ensemble=ENSEMBLES.validate_python(ensemble) if isinstance(ensemble, dict) else ensemble,
    )


def base_model(  # noqa: PLR0913 - what is known of a model
    features: Sequence[dict[str, Any]],
    layers: Sequence[dict[str, Any]],
    *,
    freeze_layers: int = 0,
    new_head: bool = False,
    embedding_rows: dict[str, int] | None = None,
    loss: LossSpec | None = None,
    classes: tuple[str, ...] | None = ("a", "b"),
) -> Initialization:
    """Return `init_from` a classifier with these features and layers."""
    return Initialization(
        init_from=InitFrom(model_id="mdl_1", freeze_layers=freeze_layers, new_head=new_head),
        source=ModelDescription(
            features=tuple(map(FeatureSpec.model_validate, features)),
            embedding_rows=embedding_rows or {},
            layers=ModelSpec.model_validate({"layers": list(layers)}).layers,
            task="classification",
            classes=classes,
            loss=loss or SigmoidCrossEntropySpec(),
        ),
    )
