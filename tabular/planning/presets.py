"""What a preset decides for a table: how numbers are encoded, the network, and how it is trained.

A recipe was chosen by mean scores over public tables (`./dev bench quality`); decision 0029 has them. It is
for rows of a table. Requests with layers of their own, windows of a time series, a base model or a line search get the
plain networks of `tabular.planning.defaults`.
"""

from dataclasses import dataclass, replace
from math import ceil

from engine.spec import (
    AdamSpec,
    CosineSpec,
    DenseSpec,
    EarlyStoppingSpec,
    LayerSpec,
    LearningRateFactorsSpec,
    LossSpec,
    MetricName,
    ModelSpec,
    OptimizerSpec,
    ScaleSpec,
    ScheduleSpec,
    SigmoidCrossEntropySpec,
    SoftmaxCrossEntropySpec,
    TrainingSpec,
    ValidationSpec,
    loss_spec,
)
from tabular.encodings import MAX_DEFAULT_BINS, Encoding
from tabular.planning.request import PlanRequest
from tabular.planning.targets.losses import LossPlan
from tabular.profile import Profile
from tabular.spec import BagSpec, FoldsEnsembleSpec, Preset

MAX_BINNED_NUMBERS = 100  # number columns that get bins; more of them would make networks with thousands of inputs
MAX_BINNED_CELLS = 100_000_000  # inputs of all rows: 400 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A network for tables and how to train it.

    layers, optimizer, schedule: of the network. label_smoothing: of the default loss for classes.
    batch_sizes: pairs of rows and the batch size below so many training rows; `large_batch_size` from there on.
    updates: epochs make at least so many updates, but there are from `min_epochs` to `max_epochs`, and no more than
    make `max_products` multiplications in the forward pass (but at least `fewest_epochs`). `products`: of a row of so
    many inputs, as (for each input, for everything else); element-wise work counts as if it were products.
    """

    layers: tuple[LayerSpec, ...]
    optimizer: OptimizerSpec
    rates: LearningRateFactorsSpec
    schedule: ScheduleSpec
    label_smoothing: float
    batch_sizes: tuple[tuple[int, int], ...]
    large_batch_size: int
    updates: int
    min_epochs: int
    max_epochs: int
    max_products: float
    products: tuple[int, int]
    fewest_epochs: int
    patience_share: float
    metric: MetricName

    def batch_size(self, rows: int) -> int:
        """Return the rows per batch, at most all of them."""
        return min(next((size for below, size in self.batch_sizes if rows < below), self.large_batch_size), rows)

    def epochs(self, rows: int, inputs: int, batch_size: int) -> int:
        """Return the number of epochs for so many training rows of so many inputs."""
        wanted = min(max(ceil(self.updates / ceil(rows / batch_size)), self.min_epochs), self.max_epochs)
        each_input, others = self.products
        affordable = int(self.max_products / (rows * (each_input * inputs + others)))
        return min(wanted, max(affordable, self.fewest_epochs))


MIN_FOLDED_ROWS = 100
MAX_FOLDED_ROWS: dict[Preset, int] = {"fast": 10_000, "balanced": 500_000, "best": 500_000}
FAST_VALIDATION = ValidationSpec(folds=3)
PLAIN = BagSpec(model=ModelSpec(layers=(DenseSpec(units=64), DenseSpec(units=64))))
ENSEMBLES: dict[Preset, FoldsEnsembleSpec] = {
    "balanced": FoldsEnsembleSpec(type="folds", folds=5, blend=(PLAIN,)),
    "best": FoldsEnsembleSpec(type="folds", folds=8, blend=(PLAIN,)),
}

HIDDEN = DenseSpec(units=64, activation="silu", initializer="lecun_normal", bias_initializer="normal")
TABLE = Recipe(
    layers=(ScaleSpec(), *[HIDDEN] * 3),
    optimizer=AdamSpec(learning_rate=0.05, beta2=0.95),
    rates=LearningRateFactorsSpec(by_fan_in=True, biases=0.1, gains=0.6),
    schedule=CosineSpec(),
    label_smoothing=0.1,
    batch_sizes=((1_500, 64), (4_000, 128), (200_000, 256)),
    large_batch_size=512,
    updates=1_000,
    min_epochs=24,
    max_epochs=128,
    max_products=4e10,  # 1,500,000 rows of 100 inputs: half a minute for ten networks
    products=(64, 20_000),
    fewest_epochs=3,
    patience_share=0.5,
    metric="val_loss",
)


def find_recipe(request: PlanRequest) -> Recipe | None:
    """Return the recipe of a request that leaves the network to its preset; None for requests of another kind."""
    own = (request.model, request.sequence, request.initialization)
    if any(part is not None for part in own) or request.training.optimizer.type == "lbfgs":
        return None
    return TABLE


def with_preset(profile: Profile, request: PlanRequest) -> PlanRequest:
    """Return the request with the ensemble or the validation of its preset, if the request leaves both out.

    Small tables are evaluated on folds: a single split would say little, and the network would miss its rows.
    """
    given = "validation" in request.training.model_fields_set or request.training.epochs == 0
    if request.ensemble != "default" or given or find_recipe(request) is None:
        return request
    rows = profile.rows
    if not MIN_FOLDED_ROWS <= rows <= MAX_FOLDED_ROWS[request.preset]:
        return request
    if request.preset == "fast":
        return replace(request, training=request.training.model_copy(update={"validation": FAST_VALIDATION}))
    return replace(request, ensemble=ENSEMBLES[request.preset])


def number_encoding(profile: Profile, request: PlanRequest) -> Encoding:
    """Return how numbers are encoded unless the request says how."""
    if find_recipe(request) is None:
        return "standardize"
    names = None if request.features is None else {feature.column for feature in request.features}
    numbers = [column for column in profile.columns if column.type == "number"]
    used = sum(names is None or column.name in names for column in numbers)
    cells = used * (1 + MAX_DEFAULT_BINS) * profile.rows
    return "numeric_embedding" if used <= MAX_BINNED_NUMBERS and cells <= MAX_BINNED_CELLS else "robust"


def recipe_training(recipe: Recipe, training: TrainingSpec, rows: int, inputs: int) -> TrainingSpec:
    """Return `training` with the recipe's values for the fields that were not set.

    `rows`: the number of training rows; `inputs`: of each row. The schedule comes only with the recipe's optimizer, and
    early stopping only with its number of epochs.
    """
    requested = training.model_fields_set
    batch_size = training.batch_size if "batch_size" in requested else recipe.batch_size(rows)
    epochs = recipe.epochs(rows, inputs, batch_size)
    values: dict[str, object] = {"batch_size": batch_size, "epochs": epochs, "output_initializer": "zeros"}
    values["clamp_predictions"] = True
    if "optimizer" not in requested:
        values |= {"optimizer": recipe.optimizer, "schedule": recipe.schedule, "learning_rate_factors": recipe.rates}
    if "epochs" not in requested and training.validation.validates:
        patience = max(1, round(recipe.patience_share * epochs))
        values["early_stopping"] = EarlyStoppingSpec(metric=recipe.metric, patience=patience)
    return training.model_copy(update={name: value for name, value in values.items() if name not in requested})


def smooth_labels(recipe: Recipe | None, request: PlanRequest, loss: LossPlan) -> LossPlan:
    """Return the loss with the recipe's label smoothing, if it is the default loss of a single target with classes."""
    if recipe is None or request.training.loss != "auto" or len(loss.each) > 1:
        return loss
    spec: LossSpec = loss_spec(loss.loss)
    if not isinstance(spec, (SigmoidCrossEntropySpec, SoftmaxCrossEntropySpec)):
        return loss
    smoothed = spec.model_copy(update={"label_smoothing": recipe.label_smoothing})
    return LossPlan(loss=smoothed, each=(smoothed,), outputs=loss.outputs)
