"""Read schemas of the OpenAPI document: which operation uses which, and their types in Python."""

import keyword
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JSON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
WIDTH = 112  # of a description, inside a line of 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the document."""

    name: str
    tag: str
    request: Any
    responses: Any  # those that are no errors


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield all operations."""
    for methods in document["paths"].values():
        for each in methods.values():
            if isinstance(each, dict) and "operationId" in each:
                good = [answer for status, answer in each["responses"].items() if status.startswith("2")]
                yield Operation(
                    name=each["operationId"], tag=each["tags"][0], request=each.get("requestBody"), responses=good
                )


def references_in(value: Any) -> Iterator[str]:
    """Yield the names of the schemas that a part of the document refers to."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "$ref":
                yield _name(each)
            elif name not in {"example", "examples", "mapping"}:
                yield from references_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from references_in(each)


def closure(schemas: Mapping[str, Any], value: Any) -> set[str]:
    """Return the names of the schemas that a part of the document reaches."""
    found: set[str] = set()
    waiting = list(references_in(value))
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in found:
            found.add(name)
            waiting += references_in(schemas[name])
    return found


def type_of(schema: Mapping[str, Any], name_of: Callable[[str], str]) -> str:
    """Return the Python type of a schema; `name_of` names the class of a schema that is referred to."""
    if "$ref" in schema:
        return name_of(_name(schema["$ref"]))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    choices = schema.get("anyOf", schema.get("oneOf"))
    if choices or isinstance(schema.get("type"), list):
        choices = choices or [{**schema, "type": each} for each in schema["type"]]
        return " | ".join(dict.fromkeys(type_of(each, name_of) for each in choices))
    return _container(schema, name_of)


def _container(schema: Mapping[str, Any], name_of: Callable[[str], str]) -> str:
    kind = schema.get("type")
    if kind == "array":
        return f"list[{type_of(schema.get('items', {}), name_of)}]"
    if kind == "object" or "additionalProperties" in schema:
        values = schema.get("additionalProperties", True)
        return f"dict[str, {type_of(values, name_of) if isinstance(values, dict) else 'Any'}]"
    return JSON_TYPES.get(str(kind), "Any")


def fields_of(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the fields that can be attributes, by name."""
    return {name: each for name, each in schema.get("properties", {}).items() if not keyword.iskeyword(name)}


def description(schema: Mapping[str, Any], indent: str = "    ") -> str:
    """Return the description as a docstring; empty if there is none."""
    text = " ".join(str(schema.get("description", "")).split()).replace("\\", "\\\\").replace('"""', "'''")
    if not text:
        return ""
    if len(text) <= WIDTH:
        return f'{indent}"""{text}"""\n'
    lines = [*textwrap.wrap(f'"""{text}', WIDTH), '"""']
    return "".join(f"{indent}{line}\n" for line in lines)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
