"""Scores of unseen rows, kept on disk so that nothing is computed twice."""

import hashlib
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The score of one contender on one split: accuracy or R², and the CPU seconds of training."""

    task: str
    score: float
    cpu_seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ResultCache:
    """A folder with one file per result. A key names everything that the result depends on."""

    folder: Path

    def get(self, key: Sequence[object], compute: Callable[[], Result] | None) -> Result | None:
        """Return the result of a key. If it is not known, compute it, or return None if that cannot be done here."""
        name = hashlib.sha256(json.dumps(list(map(str, key))).encode()).hexdigest()[:32]
        path = self.folder / f"{name}.json"
        if path.exists():
            return Result(**json.loads(path.read_text()))
        if compute is None:
            return None
        result = compute()
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(result)))
        return result


def accuracy(predicted: Sequence[str], truth: Sequence[str]) -> float:
    """Return the share of equal labels."""
    return statistics.mean(_label(a) == _label(b) for a, b in zip(predicted, truth, strict=True))


def r2(predicted: Sequence[float], truth: Sequence[str]) -> float:
    """Return 1 - the squared errors over those of the mean."""
    true = [float(value) for value in truth]
    mean = statistics.fmean(true)
    residual = sum((t - p) ** 2 for t, p in zip(true, predicted, strict=True))
    return 1 - residual / sum((t - mean) ** 2 for t in true)


def source_digest(folders: Sequence[str]) -> str:
    """Return a hash of the Python files in folders of this project."""
    root = Path(__file__).resolve().parents[2]
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()


def _label(value: object) -> str:
    """Return a label in one spelling: 1.0 and 1 are one class."""
    text = str(value)
    try:
        return f"{float(text):g}"
    except ValueError:
        return text.lower()
