"""Functions, files and folders stay small."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.support.project import PACKAGES, PRODUCT, ROOT

MAX_FUNCTION_LINES = 45
MAX_P90_FUNCTION_LINES = 20
MAX_FILE_LINES = 350
MAX_FOLDER_FILES = 15


def function_lines(text: str) -> dict[str, int]:
    """Return the number of lines of each function, from `def` to its end."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {f"{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1 for node in functions}


def lines_of_all_functions() -> dict[str, int]:
    """Return the number of lines of each function of the product; migrations are lists of statements."""
    return {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path in PRODUCT
        if path.parts[-3:-1] != ("migrations", "versions")
        for name, lines in function_lines(path.read_text()).items()
    }


def test_lines_of_a_function_are_counted_from_its_def_to_its_end() -> None:
    text = '@decorated\ndef f(\n    a,\n):\n    """Do."""\n\n    return a\n\n\nasync def g(): ...\n'
    assert function_lines(text) == {"f:2": 6, "g:10": 1}


def test_no_function_is_long() -> None:
    lines = lines_of_all_functions()
    long = {name: count for name, count in lines.items() if count > MAX_FUNCTION_LINES}
    assert long == {}


def test_nine_of_ten_functions_are_short() -> None:
    lines = sorted(lines_of_all_functions().values())
    assert len(lines) > 1000
    assert lines[len(lines) * 9 // 10] <= MAX_P90_FUNCTION_LINES


def test_no_file_is_long() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in PRODUCT}
    assert {name: count for name, count in lines.items() if count > MAX_FILE_LINES} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_has_many_files(package: str) -> None:
    folders = Counter(folder_of(path) for path in PRODUCT if folder_of(path).split("/")[0] == package)
    del folders["migrations/versions"]  # every change of the tables adds one
    assert {folder: count for folder, count in folders.items() if count > MAX_FOLDER_FILES} == {}


def folder_of(path: Path) -> str:
    """Return the folder of a file, relative to the project."""
    return str(path.parent.relative_to(ROOT))
