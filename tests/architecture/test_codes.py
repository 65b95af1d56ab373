"""docs/codes.md names every code of a problem, an error of a job and a warning that the code can send, and no other."""

import ast
import re
from collections.abc import Iterator

from api.http.errors import ApiError
from docs.generate import DOCS
from tests.support.project import ROOT

FOLDERS = ("api", "service", "tabular", "worker", "engine")
BY_NOUN = {"rows_without_group", "rows_without_time"}  # tabular/planning/validation.py builds the code from a noun
FIELDS = {
    "application/problem+json",
    "type",
    "detail",
    "errors",
    "error",
    "urn:backprop:problem:",
    "init_from",
    "Idempotency-Key",
    "1.234,50",
}


def test_the_page_names_every_code_and_no_other() -> None:
    page = set(re.findall(r"`([^`\n]+)`", (DOCS / "codes.md").read_text()))
    assert page - FIELDS == codes()


def codes() -> set[str]:
    """Return the codes of the classes of problems, and those that calls pass as `code` or to `warn`."""
    problems = {kind.code for kind in ApiError.__subclasses__()}
    trees = (ast.parse(path.read_text()) for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return problems | BY_NOUN | {code for tree in trees for node in ast.walk(tree) for code in codes_in(node)}


def codes_in(node: ast.AST) -> Iterator[str]:
    """Yield the codes that a call names."""
    if isinstance(node, ast.Call):
        values: list[ast.expr] = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "warn":
            values += node.args[:1]
        for value in values:
            for choice in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                if isinstance(choice, ast.Constant) and isinstance(choice.value, str):
                    yield choice.value
