"""Schemas as generators of clients read them best: short names, plain types, and no null where none can be sent."""

import json
import re
from collections.abc import Iterator
from typing import Any

from api.http.schemas import ProblemView

PAGE = re.compile(r"PageView_(\w+?)View_$")
REFERENCE = "#/components/schemas/"
RENAMED = {"WarningView": "Notice"}  # Warning is a name of Python
UNUSED = ("HTTPValidationError", "ValidationError")


def add_problem_schema(schemas: dict[str, Any]) -> None:
    """Add the schema of problem documents, which no route returns by itself, and drop FastAPI's own."""
    schema = ProblemView.model_json_schema(ref_template=REFERENCE + "{model}", mode="serialization")
    schemas.update({**schema.pop("$defs"), "ProblemView": schema})
    for name in UNUSED:
        schemas.pop(name, None)


def rename_views(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the names of schemas that clients expect: `Job` and `JobPage`."""
    schemas = document["components"]["schemas"]
    names = {name: _public(name) for name in schemas}
    text = json.dumps(document)
    for name, public in names.items():
        text = text.replace(f'"{REFERENCE}{name}"', f'"{REFERENCE}{public}"')
    renamed: dict[str, Any] = json.loads(text)
    renamed["components"]["schemas"] = {
        names[name]: {**schema, "title": names[name]} for name, schema in renamed["components"]["schemas"].items()
    }
    return renamed


def simplify(document: dict[str, Any]) -> None:
    """Write `null` as a second type, and drop it from parameters, and titles that only repeat the names of fields."""
    for parameter in _parameters(document):
        _drop_null(parameter)
    for schema in document["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
    for part in _parts(document):
        _merge_null(part)


def _public(name: str) -> str:
    page = PAGE.match(name)
    return f"{page[1]}Page" if page else RENAMED.get(name, name.removesuffix("View"))


def _parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        for operation in methods.values():
            yield from operation.get("parameters", ())


def _drop_null(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    schema.pop("title", None)
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema.update(kinds[0])


def _merge_null(schema: dict[str, Any]) -> None:
    """Replace `anyOf` of one plain type and null by a list of types."""
    kinds = schema.get("anyOf")
    if not isinstance(kinds, list) or len(kinds) != 2 or kinds[1] != {"type": "null"}:
        return
    kind = kinds[0]
    if isinstance(kind.get("type"), str) and "enum" not in kind and "const" not in kind:
        del schema["anyOf"]
        schema.update({**kind, "type": [kind["type"], "null"]})


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects inside a JSON value, the innermost first."""
    for inner in list(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()):
        yield from _parts(inner)
    if isinstance(value, dict):
        yield value
