"""All generated files of the client, by path."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from generator.request_types import request_modules
from generator.response_types import response_modules
from generator.synchronous import synchronous_modules

PACKAGE = Path(__file__).resolve().parents[1] / "backprop_client"
PROJECT = PACKAGE.parents[1] / "pyproject.toml"


def generated_files() -> dict[Path, str]:
    """Return the text of each generated file, formatted as the project's code."""
    document = openapi_document()
    found = {
        **{PACKAGE / "types" / name: text for name, text in response_modules(document).items()},
        **{PACKAGE / "specs" / name: text for name, text in request_modules(document).items()},
        **{PACKAGE / "_sync" / name: text for name, text in synchronous_modules(PACKAGE / "_async").items()},
    }
    return formatted(found)


def write_files(files: dict[Path, str]) -> None:
    """Write the files, and remove files of their folders that are not generated any more."""
    for folder in ("types", "specs", "_sync"):
        for path in (PACKAGE / folder).rglob("*.py"):
            if path not in files and path.name != "runtime.py":
                path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of the service in this source tree."""
    from api.app import create_app  # noqa: PLC0415 - the service is large
    from service.settings import Settings  # noqa: PLC0415

    return create_app(Settings(database_url="sqlite://")).openapi()


def formatted(files: dict[Path, str]) -> dict[Path, str]:
    """Sort imports and format, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        copies = {path: Path(name) / "backprop_client" / path.relative_to(PACKAGE) for path in files}
        for path, copy in copies.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(files[path])
        fix = ("check", "--quiet", "--no-cache", "--fix", "--select", "I,F401")
        for command in (fix, ("format", "--quiet", "--no-cache")):
            ruff = [sys.executable, "-m", "ruff", *command, "--config", str(PROJECT), name]
            subprocess.run(ruff, check=True)  # noqa: S603 - the project's own linter
        return {path: copy.read_text() for path, copy in copies.items()}
