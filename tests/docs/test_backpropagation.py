"""docs/backpropagation.md: its code is the engine's, its program prints what the page says, its numbers are right."""

import ast
import re

import pytest

from docs.backpropagation_drawings import training_cost
from docs.backpropagation_example import example_pass, losses_by_step
from tests.support.documentation import printed_by
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "backpropagation.md").read_text().replace("\N{MINUS SIGN}", "-")
QUOTES = re.findall(r"`(\w+)\.(\w+)`\s+in\s+\[`([\w/.]+)`\][^`]*```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("name", "function", "path", "code"), QUOTES, ids=[f"{one}.{two}" for one, two, *_ in QUOTES])
def test_quoted_code_is_the_code_of_the_engine(name: str, function: str, path: str, code: str) -> None:
    source = (ROOT / path).read_text()
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    (found,) = [node for node in classes[0].body if isinstance(node, ast.FunctionDef) and node.name == function]
    lines = source.splitlines()[found.lineno - 1 : found.end_lineno]
    assert stripped(code.splitlines()) in stripped(lines)


def stripped(lines: list[str]) -> str:
    return "\n".join(line.strip() for line in lines)


def test_all_code_on_the_page_is_quoted_or_run() -> None:
    assert len(QUOTES) == PAGE.count("```python") - 1 >= 6


def test_the_program_prints_what_the_page_shows() -> None:
    program, output = re.findall(r"```python\n(import numpy.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)[0]
    assert printed_by(program) == output


def test_the_numbers_in_the_text_are_those_of_the_example() -> None:
    done = example_pass()
    named = {
        "0.736": done.loss,
        "0.291": done.values["h1"],
        "0.664": done.values["h2"],
        "0.142": done.values["y"],
        "-1.716": done.gradients["y"],
        "-0.942": done.parameters["0.weight"][0, 0],
        "0.688": 0.5 - 0.2 * done.parameters["0.weight"][0, 0],
    }
    assert {text: f"{value:.3f}" for text, value in named.items()} == {text: text for text in named}
    assert all(text in PAGE for text in named)
    assert losses_by_step(0.2, 1)[1] < done.loss
    cost = training_cost()
    assert f"{(cost.flops_forward + cost.flops_backward) / cost.flops_forward:.2f}" in PAGE
