"""Compute reference losses, gradients and trained weights with PyTorch.

    ./dev bench vectors [--check]

Writes `tests/engine/vectors/*.npz` for `tests/engine/test_reference_vectors.py`; run it again after adding a case.
Everything is computed in float64 from
weights and rows that float32 holds exactly. With --check nothing is written; instead, the engine and PyTorch are
compared in float32. Needs the dependency group `peers`.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch

from engine.memory import Array
from engine.network import Network
from engine.spec import (
    AdagradSpec,
    AdamSpec,
    AdamWSpec,
    CoxSpec,
    GammaSpec,
    HuberSpec,
    LionSpec,
    LossSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    OptimizerSpec,
    OrdinalSpec,
    PoissonSpec,
    QuantileSpec,
    RmsPropSpec,
    SgdSpec,
    SigmoidCrossEntropySpec,
    SigmoidFocalSpec,
    SoftmaxCrossEntropySpec,
    SoftmaxFocalSpec,
    TweedieSpec,
)
from tests.support.reference_cases import CASES, OPTIMIZERS, RUN, RUN_BATCH, STEPS, Case

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "engine" / "vectors"
TOLERANCE = 1e-5


def module(network: Network, dtype: torch.dtype) -> torch.nn.Module:
    """Return the network of `torch_code`, with the weights of `torch_state`."""
    definitions, _, expression = network.torch_code().rpartition("\n")
    names: dict[str, Any] = {"torch": torch}
    exec(definitions, names)
    torch.set_default_dtype(dtype)
    made: torch.nn.Module = eval(expression, names)
    state = {name: torch.from_numpy(array) for name, array in network.torch_state().items()}
    missing = made.load_state_dict(state, strict=False)
    if missing.unexpected_keys or any(not key.endswith("num_batches_tracked") for key in missing.missing_keys):
        raise ValueError(missing)
    return made


def loss(spec: LossSpec, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:  # noqa: C901, PLR0911 - one per kind
    """Return PyTorch's mean loss."""
    functions = torch.nn.functional
    match spec:
        case SoftmaxCrossEntropySpec(label_smoothing=smoothing):
            return functions.cross_entropy(z.reshape(-1, z.shape[-1]), y.reshape(-1), label_smoothing=smoothing)
        case SigmoidCrossEntropySpec(positive_weight=weight):
            pos_weight = None if weight is None else torch.tensor(weight, dtype=z.dtype)
            return functions.binary_cross_entropy_with_logits(z, y, pos_weight=pos_weight)
        case MeanSquaredErrorSpec():
            return functions.mse_loss(z, y)
        case MeanAbsoluteErrorSpec():
            return functions.l1_loss(z, y)
        case HuberSpec(delta=delta):
            return functions.huber_loss(z, y, delta=delta)
        case QuantileSpec(quantiles=levels):
            error = y[:, :, None] - z.reshape(*y.shape, len(levels))
            level = torch.tensor(levels, dtype=z.dtype)
            return torch.maximum(level * error, (level - 1) * error).mean()
        case PoissonSpec():
            return functions.poisson_nll_loss(z, y, log_input=True) + (torch.xlogy(y, y) - y).mean()
        case GammaSpec() | TweedieSpec():
            return deviance(spec.variance_power, torch.exp(z), y).mean()
        case SoftmaxFocalSpec(gamma=gamma):
            p = torch.softmax(z, -1).gather(1, y[:, None])
            return (-((1 - p) ** gamma) * torch.log(p)).mean()
        case SigmoidFocalSpec(gamma=gamma):
            p = torch.where(y > 0.5, torch.sigmoid(z), torch.sigmoid(-z))
            return (-((1 - p) ** gamma) * torch.log(p)).mean()
        case OrdinalSpec():
            falls = functions.softplus(z[:, 1:]) * (torch.arange(z.shape[1] - 1) > 0)
            above = torch.sigmoid(z[:, 1:2] - z[:, :1] - torch.cumsum(falls, 1))
            ends = torch.ones_like(above[:, :1])
            return -torch.log(-torch.diff(torch.cat([ends, above, 0 * ends], 1)).gather(1, y[:, None])).mean()
        case CoxSpec(ties="breslow"):
            time, event = y.T
            at_risk = torch.stack([torch.logsumexp(z[time >= each, 0], 0) for each in time])
            return (event * (at_risk - z[:, 0])).mean()
    raise NotImplementedError(spec)


def deviance(power: float, mean: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return half the unit deviance of the Tweedie family (Jorgensen, 1997, section 4.1)."""
    if power == 2:
        return y / mean - 1 - torch.log(y / mean)
    term = y ** (2 - power) / ((1 - power) * (2 - power))
    return term - y * mean ** (1 - power) / (1 - power) + mean ** (2 - power) / (2 - power)


def tensors(case: Case, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the batch of a case; class indices stay integers."""
    x, y = (torch.from_numpy(array) for array in case.batch())
    return x.to(dtype), y.to(dtype) if y.is_floating_point() else y


def gradients(case: Case, dtype: torch.dtype) -> dict[str, Array]:
    """Return PyTorch's loss, gradients, and running statistics after the batch."""
    made = module(case.network(), dtype)
    x, y = tensors(case, dtype)
    value = loss(case.loss, made(x), y)
    value.backward()
    found = {f"gradient {name}": p.grad.numpy() for name, p in made.named_parameters() if p.grad is not None}
    found |= {f"statistic {name}": buffer.numpy() for name, buffer in made.named_buffers() if "running" in name}
    return {"loss": value.detach().numpy(), **found}


class Lion(torch.optim.Optimizer):
    """Chen et al., 2023, algorithm 2, which PyTorch does not have."""

    def step(self) -> None:  # type: ignore[override]
        """Update each parameter."""
        for group in self.param_groups:
            rate, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                direction = torch.sign(beta1 * m + (1 - beta1) * p.grad)
                p.data -= rate * (direction + group["weight_decay"] * p.data)
                m.mul_(beta2).add_((1 - beta2) * p.grad)


def optimizer(spec: OptimizerSpec, made: torch.nn.Module) -> torch.optim.Optimizer:
    """Return PyTorch's optimizer, without weight decay for biases."""
    parameters = list(made.parameters())
    rate = spec.learning_rate
    decay = getattr(spec, "weight_decay", 0.0)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    match spec:
        case SgdSpec():
            return torch.optim.SGD(parameters, lr=rate, momentum=spec.momentum, nesterov=spec.nesterov)
        case RmsPropSpec():
            settings = {"alpha": spec.decay, "momentum": spec.momentum, "eps": spec.epsilon}
            return torch.optim.RMSprop(parameters, lr=rate, **settings)
        case AdagradSpec():
            return torch.optim.Adagrad(parameters, lr=rate, eps=spec.epsilon)
        case AdamSpec():
            return torch.optim.Adam(parameters, lr=rate, betas=(spec.beta1, spec.beta2), eps=spec.epsilon)
        case AdamWSpec():
            return torch.optim.AdamW(groups, lr=rate, betas=(spec.beta1, spec.beta2), eps=spec.epsilon)
        case LionSpec():
            return Lion(groups, {"lr": rate, "betas": (spec.beta1, spec.beta2)})
    raise NotImplementedError(spec)


def trained(spec: OptimizerSpec) -> dict[str, Array]:
    """Return PyTorch's weights after STEPS steps."""
    made = module(RUN.network(), torch.float64)
    x, y = tensors(RUN, torch.float64)
    steps = optimizer(spec, made)
    for step in range(STEPS):
        part = slice(step * RUN_BATCH % RUN.rows, step * RUN_BATCH % RUN.rows + RUN_BATCH)
        made.zero_grad()
        loss(RUN.loss, made(x[part]), y[part]).backward()
        steps.step()
    return {name: p.detach().numpy() for name, p in made.named_parameters()}


def check() -> None:
    """Print the largest relative difference of a gradient between the engine and PyTorch, both in float32."""
    worst = 0.0
    for name, case in CASES.items():
        theirs = gradients(case, torch.float32)
        network = case.network()
        x, y = case.batch()
        network.allocate(len(x), training=True)
        targets = network.loss.as_targets(y, network.dtype)
        sample_weights = np.full(len(x), 1 / len(x), np.float32)
        network.backpropagate(x, targets, sample_weights, np.random.default_rng(0))
        ours = network.parameters.views(network.parameters.gradients)
        scale = np.sqrt(sum(np.square(theirs[f"gradient {key}"]).sum() for key in ours))
        apart = np.sqrt(sum(np.square(theirs[f"gradient {key}"] - value).sum() for key, value in ours.items())) / scale
        print(f"{name:<32} {apart:.1e}", "" if apart <= TOLERANCE else "  <- too large")
        worst = max(worst, apart)
    print(f"{'the worst':<32} {worst:.1e}")


def main() -> None:
    """Write both files, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        check()
        return
    FOLDER.mkdir(exist_ok=True)
    layers = {
        f"{name}: {key}": array for name, case in CASES.items() for key, array in gradients(case, torch.float64).items()
    }
    np.savez_compressed(FOLDER / "layers.npz", **{key: array.astype(np.float32) for key, array in layers.items()})
    runs = {f"{name}: {key}": array for name, spec in OPTIMIZERS.items() for key, array in trained(spec).items()}
    np.savez_compressed(FOLDER / "optimizers.npz", **{key: array.astype(np.float32) for key, array in runs.items()})


if __name__ == "__main__":
    main()
