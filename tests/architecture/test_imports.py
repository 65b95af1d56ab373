"""No two files import each other, directly or through others."""

from pathlib import Path

import pytest

from tests.support.import_graph import cycles, import_graph
from tests.support.project import PACKAGES, ROOT


def test_the_product_has_no_import_cycle() -> None:
    graph = import_graph(ROOT, PACKAGES)
    assert len(graph) > 200
    assert sum(map(len, graph.values())) > 500, "imports were found"
    assert cycles(graph) == []


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package `shop` whose files do not import each other yet."""
    for name in ("__init__", "a", "b", "parts/__init__", "parts/c"):
        file = tmp_path / "shop" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("import json\n")
    return tmp_path / "shop"


def test_files_without_a_cycle_are_accepted(package: Path) -> None:
    (package / "a.py").write_text("import shop.b\nfrom shop.parts import c")
    (package / "b.py").write_text("from shop.parts.c import name")
    assert cycles(import_graph(package.parent, ["shop"])) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("import shop.b", "import shop.a"),
        ("from shop.b import name", "from shop import a"),
        ("from shop import b", "def f():\n    from shop.a import name"),
        ("from . import b", "from .a import name"),
        ("import shop.b", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.a"),
    ],
)
def test_two_files_that_import_each_other_are_found(package: Path, a: str, b: str) -> None:
    (package / "a.py").write_text(a)
    (package / "b.py").write_text(b)
    assert cycles(import_graph(package.parent, ["shop"])) == [["shop.a", "shop.b"]]


def test_a_cycle_through_a_third_file_is_found(package: Path) -> None:
    (package / "a.py").write_text("import shop.b")
    (package / "b.py").write_text("from shop.parts import c")
    (package / "parts" / "c.py").write_text("from ..a import name")
    assert cycles(import_graph(package.parent, ["shop"])) == [["shop.a", "shop.b", "shop.parts.c"]]


def test_a_package_that_imports_its_own_module_and_back_is_found(package: Path) -> None:
    (package / "parts" / "__init__.py").write_text("from shop.parts.c import name")
    (package / "parts" / "c.py").write_text("from shop.parts import other")
    assert cycles(import_graph(package.parent, ["shop"])) == [["shop.parts", "shop.parts.c"]]
