"""The version that the service shows is the one of the project."""

import tomllib

from service.version import VERSION
from tests.support.project import ROOT


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
