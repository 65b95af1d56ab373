"""What can be sent: requests."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

from backprop_client.specs.layers import (
    ActivationSpec,
    AttentionSpec,
    AveragePoolSpec,
    BatchNormSpec,
    ColumnEmbeddingSpec,
    Conv1dSpec,
    Conv2dSpec,
    ConvTranspose2dSpec,
    DenseSpec,
    DropoutSpec,
    EmbeddingSpec,
    FlattenSpec,
    GlobalPoolSpec,
    GroupNormSpec,
    GruSpec,
    LayerNormSpec,
    LstmSpec,
    MaskSpec,
    MaxPoolSpec,
    ParallelSpec,
    PeriodicEmbeddingSpec,
    PositionsSpec,
    ReshapeSpec,
    ResidualSpec,
    ScaleSpec,
    SelectSpec,
)
from backprop_client.specs.losses import (
    CoxSpec,
    GammaSpec,
    HuberSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    MultiTargetSpec,
    OrdinalSpec,
    PoissonSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SigmoidFocalSpec,
    SoftmaxCrossEntropySpec,
    SoftmaxFocalSpec,
    TweedieSpec,
)
from backprop_client.specs.optimizers import AdagradSpec, AdamSpec, AdamWSpec, LbfgsSpec, LionSpec, RmsPropSpec, SgdSpec
from backprop_client.specs.schedules import (
    ConstantSpec,
    CosineSpec,
    CosLogSpec,
    ExponentialSpec,
    OneCycleSpec,
    PlateauSpec,
    StepSpec,
)


class AliasBody(TypedDict, total=False):
    """The model that an alias is to name."""

    model_id: Required[str]
    """A model of the project."""


class AveragingSpec(TypedDict, total=False):
    """Keep a running average of the weights. It is evaluated and stored in place of the weights (Polyak, 1992). The
    first updates count more: `decay` is at most (1 + n) / (10 + n) at update n.
    """

    type: Literal["ema"]
    decay: float


class BagSpec(TypedDict, total=False):
    """A second kind of network on the same rows. What it leaves out is as in the job."""

    features: list[FeatureSpec] | None
    """The columns to learn from. Null: the job's."""
    model: ModelSpec | None
    """The hidden layers. Null: the job's."""
    optimizer: SgdSpec | RmsPropSpec | AdagradSpec | AdamSpec | AdamWSpec | LionSpec | LbfgsSpec | None
    """Null: the job's."""
    schedule: ConstantSpec | StepSpec | ExponentialSpec | CosineSpec | CosLogSpec | OneCycleSpec | PlateauSpec | None
    """Null: the job's."""


class BatchRequest(TypedDict, total=False):
    """Predict every row of a data set."""

    dataset_id: Required[str]
    """A data set with the columns that the model reads. Its other columns are ignored."""
    format: Literal["csv", "parquet"]
    """The format of the result."""
    interval: float | None
    """Add the ends of an interval to each number and a set of labels to each class, which contain the truth this
    often: 0.9 means 9 of 10 times.
    """
    key_columns: list[str]
    """Columns of the data set that are copied to the result, such as an id. Without them, the result has the number
    of each row, from 1.
    """
    priority: int
    """Batches and jobs with a higher priority start first."""
    metadata: dict[str, str]
    """Up to 16 strings of your own, returned unchanged."""


class BudgetSpec(TypedDict, total=False):
    """What a job may use at most, all attempts and its evaluation included. It stops with its best model before."""

    cpu_seconds: float | None
    """Seconds of one processor core."""
    cost: float | None
    """An amount in the currency of the service, if its operator set a price."""


class ComparisonBody(TypedDict, total=False):
    """Two models that predict the same column, and rows with the truth."""

    dataset_id: Required[str]
    """Rows that have the column to predict."""
    model_ids: Required[list[str]]
    """The model in use and its challenger: the verdict is about the second."""


class EarlyStoppingSpec(TypedDict, total=False):
    """Stop when a metric has not improved by more than `min_delta` for `patience` epochs."""

    metric: Literal[
        "val_loss",
        "train_loss",
        "val_accuracy",
        "val_balanced_accuracy",
        "val_roc_auc",
        "val_f1",
        "val_log_loss",
        "val_r2",
        "val_mae",
        "val_concordance",
    ]
    patience: int
    min_delta: float


class FeatureSpec(TypedDict, total=False):
    """A column to learn from and its encoding."""

    column: Required[str]
    """Name of the column."""
    encoding: (
        Literal[
            "standardize",
            "robust",
            "quantile",
            "none",
            "one_hot",
            "ordinal",
            "embedding",
            "numeric_embedding",
            "hashed_text",
            "datetime",
            "cyclic",
        ]
        | None
    )
    """How the column becomes numbers. Null: the default for the column's type. `standardize`: mean 0 and standard
    deviation 1 on the training rows; default for number columns. `robust`: the distance from the median in
    interquartile ranges, smoothly clipped at 3 (the default for a column with an extreme outlier). `quantile`: the
    rank among the training rows, as a value of a normal distribution. `numeric_embedding`: the number as in
    `robust`, and for each of `bins` bins how much of it lies below the number; by default one bin for 125 rows,
    from 4 to 32; with a `size`, learned waves of the number, too. `none`: numbers unchanged (the default before an
    `embedding` layer). `one_hot`: one input for each of the 100 most frequent values; for two values one input, -1
    or 1; default for category, boolean columns. `ordinal`: the position of the category in `order`, from -1 to 1.
    `embedding`: a learned embedding for each of the 10,000 most frequent values. `hashed_text`: words, pairs of
    words and character n-grams, hashed into `size` inputs (256); default for text columns. `datetime`: years,
    standardized; sine and cosine of month, day of week and hour, each only if it varies; default for datetime
    columns. `cyclic`: sine and cosine: of month, day of week and hour of a time, each only if it varies, without
    the years; of a number's position in `period`.
    """
    size: int | None
    """For the encoding `embedding`: numbers in an embedding, at most 512. Null: 1.6 n^0.56 for n embeddings, at
    most 50. For `hashed_text`: the number of inputs. Null: 256. For `numeric_embedding`: how many sums of learned
    waves of the number the first layer adds, at most 64; the same for all such features. Null: none. Other
    encodings have no size.
    """
    order: list[str] | None
    """Only for the encoding `ordinal`: all categories of the column, from the lowest to the highest. Null: sorted
    by the alphabet.
    """
    frequencies: int | None
    """Only for the encoding `numeric_embedding` with a `size`: the number of learned waves, the same for all such
    features. Null: 16.
    """
    bins: int | None
    """Only for the encoding `numeric_embedding`: the number of bins; fewer if there are too few different values or
    training rows. 0: none.
    """
    cycles: list[Literal["month", "weekday", "hour"]] | None
    """Only for the encodings `datetime` and `cyclic` of times: the cycles that become a sine and a cosine. Null:
    those that vary in the training rows.
    """
    period: float | None
    """Only for the encoding `cyclic` of numbers, which needs it: after how much a number is in the same position
    again, such as 24 for hours or 360 for degrees.
    """
    missing_indicator: bool | None
    """Whether missing values have an input of their own, besides the value that replaces them. Null: only if
    training rows have missing values. Not for the encoding `embedding`, where they have an embedding.
    """


class FoldsEnsembleSpec(TypedDict, total=False):
    """One network per fold, each trained without its fold. Each row is evaluated by the network that left it out."""

    type: Required[Literal["folds"]]
    folds: int
    """The number of folds and networks."""
    blend: list[BagSpec]
    """Further bags of networks, for example with other features or layers. Each bag has as many networks as the
    first, on the same rows. The answers of the bags are averaged with weights from 0, 0.25, 0.5, 0.75 and 1: those
    with the smallest loss on rows that the networks did not train on.
    """


class InitFrom(TypedDict, total=False):
    """What to start from instead of random weights: a trained model or uploaded weights. A model passes on its
    preprocessing and its first layers, as far as they equal the job's layers. From uploaded weights, named as
    `torch.nn.Sequential` names them ("0.weight", ...), a job takes as many of the first layers as fit. The output
    layer is taken if all other layers are and it fits too.
    """

    model_id: str | None
    """A model of this project. Give either `model_id` or `weights_id`."""
    weights_id: str | None
    """Uploaded weights of this project."""
    freeze_layers: int
    """How many of the first layers to keep unchanged. The embeddings of features stay unchanged with them and do
    not count.
    """
    new_head: bool
    """Initialize the output layer randomly even if the old one would fit."""


class JobDeletionBody(TypedDict, total=False):
    """Which of the jobs that have ended to delete: those that match all filters."""

    state: Literal["succeeded", "failed", "canceled"] | None
    """Only jobs in this state."""
    created_after: str | None
    """Only jobs created after this time."""
    created_before: str | None
    """Only jobs created before this time."""
    metadata: dict[str, str]
    """Only jobs with all of this metadata. `metadata.team` as in the list works, too."""
    all: bool
    """Must be true to delete all ended jobs, without any filter."""


class JobRequest(TypedDict, total=False):
    """A network to train. Only `dataset_id` and `target` are required; the defaults depend on the table."""

    name: str | None
    """A name of your choice."""
    dataset_id: Required[str]
    """The data set to train on."""
    target: Required[str | list[str]]
    """The column to predict, or several columns."""
    preset: Literal["fast", "balanced", "best"]
    """How much work to put into what the request leaves out. `fast`: one small network. `balanced`: accurate models
    at a few times the cost. `best`: the most accurate models, several times the cost.
    """
    sample_weight: str | None
    """A column of numbers ≥ 0 that weights each row. It is not a feature. Rows with weight 0 are dropped. Null: all
    rows count the same.
    """
    exposure: str | None
    """For counts and amounts: a column of numbers > 0 that the target belongs to, such as years or visitors. The
    network learns the target per unit of it. It is not a feature; rows to predict may have it, and count as 1
    without it. Implies the loss `poisson`.
    """
    censored: str | None
    """For times until an event: a boolean column, or one of 0 and 1, that is true where the event was not seen
    until that time. It is not a feature. Implies the loss `cox`.
    """
    features: list[FeatureSpec] | None
    """The columns to learn from. Null: all columns that carry information."""
    sequence: SequenceSpec | None
    """Learn from windows of a time series instead of single rows: the last rows predict what follows."""
    task: Literal["classification", "regression"] | None
    """Null: derived from the target column."""
    model: ModelSpec | None
    """The hidden layers. Default: scale(), dense(units=64, activation=silu, initializer=lecun_normal,
    bias_initializer=normal), dense(units=64, activation=silu, initializer=lecun_normal, bias_initializer=normal),
    dense(units=64, activation=silu, initializer=lecun_normal, bias_initializer=normal); with `sequence` or `lbfgs`:
    dense(units=64), dropout(rate=0.05), dense(units=32), or with fewer than 20 training rows per input:
    dropout(rate=0.1), dense(units=128), dropout(rate=0.3), without dropout for `lbfgs`.
    """
    training: TrainingRequest
    """How to train."""
    ensemble: FoldsEnsembleSpec | SeedsEnsembleSpec | None
    """Train several networks and average their answers. Null: one network. Default: the ensemble of the model in
    `init_from`; without `init_from`, the preset decides.
    """
    init_from: InitFrom | None
    """Fine-tune a trained model or uploaded weights."""
    budget: BudgetSpec | None
    """What the job may use at most. It stops with its best model before that."""
    priority: int
    """Jobs with a higher priority start first."""
    metadata: dict[str, str]
    """Up to 16 strings of your own, returned unchanged."""


class KeyBody(TypedDict, total=False):
    """A new API key."""

    name: Required[str]
    project_id: str | None
    """Default: the project of your own key."""
    scopes: list[Literal["read", "write", "admin"]]
    """What the key permits: `read` (get, list, predict), `write` (create, change, delete), `admin` (projects, keys,
    workers, audit log).
    """
    expires_at: str | None
    """From this time on, the key is rejected."""


class LearningCurveRequest(TypedDict, total=False):
    """Train on growing parts of the rows. An empty object is enough."""

    fractions: list[float] | None
    """Parts of the training rows, ascending. Default: four parts up to a half, from a sixteenth or from 20 rows."""
    samples: int
    """Samples of each size. Each is a job; their differences show how much is chance."""
    metric: (
        Literal["accuracy", "balanced_accuracy", "log_loss", "brier", "roc_auc", "r2", "rmse", "mae", "concordance"]
        | None
    )
    """A score of the evaluation. Default: `accuracy` for classes, `rmse` for numbers, `concordance` for times until
    an event; of several targets, the mean `accuracy` or `r2`.
    """
    priority: int | None
    """Of the jobs. Default: the job's."""


class LearningRateFactorsSpec(TypedDict, total=False):
    """Learning rates of the parts of a network, relative to the optimizer's rate. The factors of a parameter's kind
    and of its layer are multiplied. Weight decay is multiplied by them, too.
    """

    weights: float
    """for the weights of dense, convolution and similar layers"""
    biases: float
    """for biases"""
    gains: float
    """for the factors of scale and normalization layers"""
    embeddings: float
    """for the vectors of embeddings and learned positions, and for the frequencies of waves"""
    by_fan_in: bool
    """divide the rate of weights by the square root of the number of inputs that each unit adds up"""
    layers: list[float]
    """for each layer of `model`, from the first; 1 for layers that are not listed"""
    output: float
    """for the output layer"""


class ModelSpec(TypedDict, total=False):
    """The hidden layers from input to output. The output layer follows from the target."""

    layers: list[
        ColumnEmbeddingSpec
        | PeriodicEmbeddingSpec
        | EmbeddingSpec
        | PositionsSpec
        | MaskSpec
        | LstmSpec
        | GruSpec
        | AttentionSpec
        | DenseSpec
        | DropoutSpec
        | ActivationSpec
        | Conv1dSpec
        | Conv2dSpec
        | ConvTranspose2dSpec
        | MaxPoolSpec
        | AveragePoolSpec
        | GlobalPoolSpec
        | BatchNormSpec
        | LayerNormSpec
        | GroupNormSpec
        | ScaleSpec
        | ReshapeSpec
        | FlattenSpec
        | SelectSpec
        | ResidualSpec
        | ParallelSpec
    ]


class PredictionsRequest(TypedDict, total=False):
    """Rows to predict: columns and notation as in the uploaded file, without preprocessing on your side."""

    rows: Required[list[dict[str, Any]]]
    """Each row maps column names to values. A column that is left out is a missing value."""
    explain: bool
    """Add `contributions`: how much each column contributes to the answer. At most 1,000 rows in one request, fewer
    for large networks.
    """
    interval: float | None
    """Add an `interval` to each number and a `set` of labels to each class, which contain the truth this often: 0.9
    means 9 of 10 times.
    """


class ProjectBody(TypedDict, total=False):
    """A new project."""

    name: Required[str]
    retention_days: int | None
    """Days after which ended jobs are erased with their models. Null: BACKPROP_RETENTION_DAYS decides."""


class ProjectChanges(TypedDict, total=False):
    """The fields of a project to change; the others stay as they are."""

    name: str | None
    """Null: unchanged."""
    retention_days: int | None
    """Days after which ended jobs are erased with their models. Null: BACKPROP_RETENTION_DAYS decides."""


class RangeTestSpec(TypedDict, total=False):
    """Find a learning rate first, in a short run with rates from `lowest` to `highest` (Smith, 2017)."""

    lowest: float
    """the first rate"""
    highest: float
    """the last rate, if the loss does not diverge"""
    steps: int
    """number of batches, each with a higher rate"""


class RegularizationSpec(TypedDict, total=False):
    """Penalties and bounds on weights, except biases, gains and frozen layers. Reported losses exclude penalties."""

    l1: float
    """factor of the sum of absolute weights, added to the loss"""
    l2: float
    """factor of half the sum of squared weights, added to the loss"""
    max_norm: float | None
    """largest norm of the weights of one unit"""
    layers: list[float]
    """factors of l1, l2 and the weight decay for each layer of `model`, from the first; 0 for none, 1 for layers
    that are not listed
    """
    output: float
    """the same factor for the output layer"""


class RotationRequest(TypedDict, total=False):
    """How to rotate the secret."""

    overlap_seconds: int
    """How long requests are signed with the previous secret as well. 0: it is invalid at once."""


class SampleSpec(TypedDict, total=False):
    """A random part of the training rows. The rows of a smaller fraction are among those of a larger one."""

    fraction: Required[float]
    """part of the training rows that the network learns from"""
    seed: int
    """another seed draws other rows"""


class SeedsEnsembleSpec(TypedDict, total=False):
    """Networks with different initial weights and row orders, on the same training rows."""

    type: Required[Literal["seeds"]]
    networks: int
    """The number of networks."""
    blend: list[BagSpec]
    """Further bags of networks, for example with other features or layers. Each bag has as many networks as the
    first, on the same rows. The answers of the bags are averaged with weights from 0, 0.25, 0.5, 0.75 and 1: those
    with the smallest loss on rows that the networks did not train on.
    """


class SequenceSpec(TypedDict, total=False):
    """Learn from windows of a time series: the last `window` rows predict the target `horizon` rows later."""

    order_by: Required[str]
    """The column of times that orders the rows: dates or numbers."""
    window: Required[int]
    """How many rows one prediction is made from: the latest ones."""
    horizon: int
    """How many rows after the last row of the window the target is taken from; 1: from the next row."""
    group_by: str | None
    """The column that says which series a row belongs to, such as a store. Null: all are one series."""


class TrainingRequest(TypedDict, total=False):
    """How to train. Every field has a default; the default of some depends on the table."""

    loss: (
        Literal[
            "auto",
            "softmax_cross_entropy",
            "sigmoid_cross_entropy",
            "mean_squared_error",
            "mean_absolute_error",
            "huber",
            "quantile",
            "poisson",
            "gamma",
            "tweedie",
            "softmax_focal",
            "sigmoid_focal",
            "ordinal",
            "cox",
        ]
        | SoftmaxCrossEntropySpec
        | SigmoidCrossEntropySpec
        | MeanSquaredErrorSpec
        | MeanAbsoluteErrorSpec
        | HuberSpec
        | QuantileSpec
        | PoissonSpec
        | GammaSpec
        | TweedieSpec
        | SoftmaxFocalSpec
        | SigmoidFocalSpec
        | OrdinalSpec
        | CoxSpec
        | MultiTargetSpec
    )
    """Default: `auto`: `mean_squared_error` for numbers, `sigmoid_cross_entropy` for two classes,
    `softmax_cross_entropy` for more classes, the mean of the targets' losses for several targets; with
    `label_smoothing` 0.1 for a single target with classes, except with own `model` layers, `sequence`, `init_from`
    or `lbfgs`.
    """
    epochs: int
    """Default: enough for 1,000 updates, from 24 to 128; fewer, but at least 3, for large tables, so that their
    work stays the same; with own `model` layers, `sequence`, `init_from` or `lbfgs`: enough for 2,400 updates, from
    20 to 200.
    """
    batch_size: int
    """rows per batch. Default: 64 for fewer than 1,500, 128 for fewer than 4,000, 256 for fewer than 200,000
    training rows, otherwise 512; with own `model` layers, `sequence`, `init_from` or `lbfgs`: 32 for fewer than
    5,000 training rows, 128 for fewer than 100,000 training rows, otherwise 512; never more than there are training
    rows.
    """
    accumulate: int
    """batches per update, whose gradients are averaged"""
    shuffle: bool
    seed: int
    precision: Literal["float32", "float64"]
    output_start: Literal["prior", "random"]
    """the biases of the output layer before the first update. `prior`: what the loss prefers for all training rows
    together, such as the class frequencies, the mean, the median or quantiles, or the logarithm of the mean, with
    the weights of rows and classes. `random`: none; only the weights are random. An output layer that is reused
    from a model stays as it is
    """
    optimizer: SgdSpec | RmsPropSpec | AdagradSpec | AdamSpec | AdamWSpec | LionSpec | LbfgsSpec
    """Default: `adam` with learning_rate 0.05, beta2 0.95; with own `model` layers, `sequence`, `init_from` or
    `lbfgs`: `adamw` with learning_rate 0.003 and weight_decay 0.01; with fewer than 20 training rows per input and
    only dense layers: learning_rate 0.004 and weight_decay 1.
    """
    schedule: ConstantSpec | StepSpec | ExponentialSpec | CosineSpec | CosLogSpec | OneCycleSpec | PlateauSpec
    """Default: `cosine`; with own `model` layers, `sequence`, `init_from` or `lbfgs`: `cosine`; `constant` if the
    request sets `optimizer`.
    """
    range_test: RangeTestSpec | None
    """test learning rates before the first epoch; the best one replaces that of the optimizer"""
    learning_rate_factors: LearningRateFactorsSpec | None
    """factors of the learning rate for kinds of parameters and for layers; default: one rate for all. Default:
    `biases` 0.1, `gains` 0.6, `by_fan_in` true; none if the request sets `optimizer`; with own `model` layers,
    `sequence`, `init_from` or `lbfgs`: none.
    """
    output_initializer: Literal[
        "auto",
        "he_normal",
        "he_uniform",
        "glorot_normal",
        "glorot_uniform",
        "lecun_normal",
        "lecun_uniform",
        "orthogonal",
        "zeros",
    ]
    """of the weights of the output layer; auto: glorot_uniform. Default: `zeros`; with own `model` layers,
    `sequence`, `init_from` or `lbfgs`: `auto`.
    """
    regularization: RegularizationSpec
    averaging: AveragingSpec | None
    clip_value: float | None
    """largest absolute value in the gradient"""
    clip_layer_norm: float | None
    """largest norm of the gradient of each layer"""
    clip_norm: float | None
    """largest norm of the whole gradient"""
    frozen: list[int]
    """layers, counted from 0, whose parameters are not trained"""
    unfreeze_every: int | None
    """epochs after which the last frozen layer is trained, too; after as many again, the one before it, and so on.
    The optimizer starts again each time; default: layers stay frozen
    """
    validation: ValidationSpec
    """Default: by the preset; with an `ensemble` of folds, those of the ensemble; otherwise `fraction` 0.2; `by`
    `stratified` for a single target with classes, otherwise `random`; `time` by `order_by` with `sequence`.
    """
    sample: SampleSpec | None
    """learn from a random part of the training rows, for trials that cost less. The rows that evaluate the network
    stay the same; default: all training rows
    """
    early_stopping: EarlyStoppingSpec | None
    """Default: on `val_loss` with a patience of 50% of the epochs; with own `model` layers, `sequence`, `init_from`
    or `lbfgs`: on `val_loss` with a patience of 15% of the epochs, at least 10; none if the request sets `epochs`
    or there are no validation rows.
    """
    class_weight: Literal["balanced"] | list[float] | None
    """balanced, or one weight per class in the order of the outputs"""
    clamp_predictions: bool
    """keep predicted numbers between the smallest and the largest target of the training rows. Default: `true`;
    with own `model` layers, `sequence`, `init_from` or `lbfgs`: `false`.
    """
    processes: Literal[1, 2, 4, 8, 16, 32, 64] | None
    """processes that compute the gradient of each batch together, each on a core of its own: 1, 2, 4, 8 and so on,
    at most `shards`. Each batch is divided into shards, whose gradients are added in a fixed order, so any number
    of processes gives the same bits. Default: one process that takes each batch as a whole, which is faster than 1
    """
    shards: Literal[1, 2, 4, 8, 16, 32, 64]
    """parts of each batch, with `processes`: a power of two. Fewer are faster, but allow fewer processes. Results
    with another number of shards differ in their last bits
    """
    checkpoint_every_seconds: float
    max_runtime_seconds: float


class ValidationSpec(TypedDict, total=False):
    """The rows that evaluate the network: a fraction that is held out, rows of another data set, or folds. Fields
    that are null are left out of stored specs, so that jobs of earlier versions keep their checkpoints.
    """

    fraction: float
    """fraction of the rows that is held out; 0: none. Always 0 with `dataset_id` or `folds`"""
    by: Literal["random", "stratified", "time", "group"] | None
    """how rows are chosen. `random`: at random. `stratified`: at random, with the same share of each class of the
    target, or of each value of `column`, in all parts. `time`: the last rows by `column`; rows with the same time
    stay together. `group`: all rows with the same value of `column` are in the same part. Default: `stratified` for
    a single classification target, otherwise `random`
    """
    column: str | None
    """the column of times or groups; optional for `stratified`"""
    dataset_id: str | None
    """another data set, whose rows evaluate the network; all rows of the job's data set are for training. It needs
    the same columns
    """
    folds: int | None
    """k-fold cross-validation: k more networks train beside the job's, each without one part of the rows, and are
    evaluated on it. The job's network trains on all rows. `by` says how rows are divided; with `time`, each part is
    predicted by a network that trained on the rows before it
    """


class WebhookChange(TypedDict, total=False):
    """Fields to change. Fields that are missing or null stay as they are."""

    url: str | None
    events: (
        list[
            Literal[
                "job.running",
                "job.succeeded",
                "job.failed",
                "job.canceled",
                "job.paused",
                "sweep.finished",
                "batch.finished",
                "*",
            ]
        ]
        | None
    )
    description: str | None
    enabled: bool | None
    """False: events are not recorded, and pending deliveries wait. True: they go on."""
    metadata: dict[str, str] | None


class WebhookRequest(TypedDict, total=False):
    """A new webhook. Only `url` is required."""

    url: Required[str]
    """Where to send events: an https URL of a public host, on port 443 or a port from 1024. The operator may allow
    others.
    """
    events: list[
        Literal[
            "job.running",
            "job.succeeded",
            "job.failed",
            "job.canceled",
            "job.paused",
            "sweep.finished",
            "batch.finished",
            "*",
        ]
    ]
    """The types of events to send. `*` stands for all types."""
    description: str
    """A note of your own."""
    enabled: bool
    """Whether events are sent."""
    metadata: dict[str, str]
    """Up to 16 strings of your own, returned unchanged."""
