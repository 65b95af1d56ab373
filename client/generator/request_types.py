"""The types of what clients send: a `TypedDict` for each JSON object, so that editors complete the fields."""

from collections.abc import Mapping
from typing import Any

from generator.response_types import HEADER
from generator.schemas import closure, description, fields_of, operations_of, references_in, type_of

OWN_FILES = {"layers": "layers", "optimizer": "optimizers", "schedule": "schedules", "loss": "losses"}
REST = "requests"


def request_modules(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each file, by its name."""
    schemas = document["components"]["schemas"]
    wanted = set().union(*(closure(schemas, operation.request) for operation in operations_of(document)))
    groups = _groups(schemas, wanted)
    modules = {"__init__.py": '"""What can be sent: one `TypedDict` for each JSON object."""\n'}
    for group in sorted(set(groups.values())):
        names = [name for name in sorted(schemas) if groups.get(name) == group]
        modules[f"{group}.py"] = _module(group, names, schemas, groups)
    return modules


def _groups(schemas: Mapping[str, Any], wanted: set[str]) -> dict[str, str]:
    """Return the file of each schema: that of the field that leads to it, or the rest."""
    found: dict[str, str] = {}
    for name in sorted(wanted):
        for field, schema in fields_of(schemas[name]).items():
            if field in OWN_FILES:
                found.update(dict.fromkeys(closure(schemas, schema), OWN_FILES[field]))
    return {name: found.get(name, REST) for name in wanted}


def _module(group: str, names: list[str], schemas: Mapping[str, Any], groups: Mapping[str, str]) -> str:
    used = {each for name in names for each in references_in(schemas[name]) if each in groups and groups[each] != group}
    imports = "".join(f"from backprop_client.specs.{groups[name]} import {name}\n" for name in sorted(used))
    classes = "\n\n".join(_class(name, schemas[name]) for name in names)
    return (
        f'"""What can be sent: {group}."""\n\n{HEADER}\nfrom __future__ import annotations\n\n'
        f"from typing import Any, Literal, Required, TypedDict\n\n{imports}\n\n{classes}"
    )


def _class(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    lines = "".join(_field(field, each, required=field in required) for field, each in fields_of(schema).items())
    documentation = description(schema) or f'    """{name}."""\n'
    return f"class {name}(TypedDict, total=False):\n{documentation}\n{lines}"


def _field(name: str, schema: Mapping[str, Any], *, required: bool) -> str:
    kind = type_of(schema, str)
    return f"    {name}: {f'Required[{kind}]' if required else kind}\n{description(schema)}"
