"""An environment in which only the client and what it needs are installed, made without a package index."""

import re
import sys
import tomllib
import venv
from collections.abc import Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.project import ROOT

NAME = re.compile(r"[A-Za-z0-9._-]+")


def client_environment(folder: Path, *extras: str, others: Sequence[str] = ()) -> Path:
    """Create a virtual environment with the client, and return its folder.

    The packages are those of this environment: of `client/pyproject.toml` with these extras, other
    ones that are named, and what they require.
    """
    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    wanted += others
    venv.create(folder, with_pip=False, symlinks=True)
    packages = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (packages / "backprop_client").symlink_to(ROOT / "client" / "backprop_client")
    for each in closure(wanted):
        link(each, packages)
    for name, target in project.get("scripts", {}).items():
        write_script(folder / "bin" / name, target)
    return folder


def closure(requirements: list[str]) -> list[Distribution]:
    """Return the distributions that requirements need here, each once."""
    found: dict[str, Distribution] = {}
    pending = list(requirements)
    while pending:
        requirement = pending.pop()
        name = NAME.match(requirement)
        assert name
        if "extra ==" in requirement or name[0].lower() in found or not is_needed(requirement):
            continue
        found[name[0].lower()] = known = distribution(name[0])
        pending += known.requires or []
    return list(found.values())


def is_needed(requirement: str) -> bool:
    """Whether the requirement's marker holds here."""
    marker = Requirement(requirement).marker
    return marker is None or marker.evaluate({"extra": ""})


def link(package: Distribution, target: Path) -> None:
    """Link the files of a distribution at the top of a site-packages folder."""
    tops = {file.parts[0] for file in package.files or () if ".." not in file.parts}
    for top in tops - {"__pycache__"}:
        source = Path(str(package.locate_file(top)))
        if source.exists() and not (target / top).exists():
            (target / top).symlink_to(source)


def write_script(path: Path, target: str) -> None:
    """Write the script of an entry point, as an installer does."""
    module, function = target.split(":")
    path.write_text(
        f"#!{path.parent / 'python'}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
    )
    path.chmod(0o755)
