"""Where the project's files are: the folders of the product, and all Python sources."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "engine", "launcher", "messaging", "migrations", "service", "store", "tabular", "web", "worker")
PRODUCT = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SOURCES = sorted(
    [
        *PRODUCT,
        *(path for folder in ("benchmarks", "docs", "examples", "tests") for path in (ROOT / folder).rglob("*.py")),
    ]
)
