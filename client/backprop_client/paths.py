"""Where downloads go."""

from pathlib import Path


def target_file(path: str | Path, name: str) -> Path:
    """Return the file to write: `path` itself, or the file `name` if `path` is a folder."""
    target = Path(path)
    return target / name if target.is_dir() else target
