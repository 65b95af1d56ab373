"""The classes of what the service answers, one file for each group of operations."""

from collections.abc import Mapping
from typing import Any

from generator.schemas import Operation, closure, description, fields_of, operations_of, type_of

OWN_FILES = {
    "get_evaluation": "evaluations",
    "get_model_card": "model_cards",
    "get_report": "reports",
    "compare_models": "comparisons",
}
SHARED = "shared"
NAMES = {"WarningView": "ServiceWarning"}  # `Warning` is a class of Python
RENAMED = {"JobView": {"metrics": "last_metrics"}, "ModelView": {"evaluation": "evaluation_summary"}}
DOCUMENTED = {
    "last_metrics": "The losses of the latest epoch; `metrics()` has all epochs.",
    "evaluation_summary": "The main scores; `evaluation()` has everything.",
}
HEADER = "# Generated from the OpenAPI document by client/generator; do not edit.\n"


def response_modules(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each file, by its name."""
    schemas = document["components"]["schemas"]
    groups = _groups(document)
    modules = {"__init__.py": '"""What the service answers: one class for each JSON object, by resource."""\n'}
    for group in sorted(set(groups.values())):
        names = [name for name in schemas if groups.get(name) == group]
        modules[f"{group}.py"] = _module(group, names, schemas, groups)
    return modules


def class_name(schema: str) -> str:
    """Return the name of the class of a schema: `JobView` is `Job`."""
    return NAMES.get(schema, schema.removesuffix("View"))


def _groups(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the file of each schema: that of its operations, or the shared one."""
    schemas = document["components"]["schemas"]
    users: dict[str, set[str]] = {}
    for operation in operations_of(document):
        for name in closure(schemas, operation.responses):
            users.setdefault(name, set()).add(_group(operation))
    single = {name: groups.pop() if len(groups) == 1 else SHARED for name, groups in users.items()}
    return {name: group for name, group in single.items() if not name.startswith("PageView_")}


def _group(operation: Operation) -> str:
    return OWN_FILES.get(operation.name, operation.tag)


def _module(group: str, names: list[str], schemas: Mapping[str, Any], groups: Mapping[str, str]) -> str:
    used = {name for name in closure(schemas, [schemas[each] for each in names]) if groups.get(name) != group}
    imports = "".join(f"from backprop_client.types.{groups[name]} import {class_name(name)}\n" for name in used)
    classes = "\n\n".join(_class(name, schemas[name]) for name in names)
    return (
        f'"""What the service answers: {group.replace("_", " ")}."""\n\n{HEADER}\n'
        f"from __future__ import annotations\n\nfrom typing import Any, ClassVar, Literal\n\n"
        f"from backprop_client.record import Record\n{imports}\n\n{classes}"
    )


def _class(name: str, schema: Mapping[str, Any]) -> str:
    title = class_name(name)
    text = f"class {title}(Record):\n" + (description(schema) or f'    """{title}."""\n')
    renamed = RENAMED.get(name, {})
    text += "\n    __slots__ = ()\n"
    if renamed:
        text += f"    _renamed: ClassVar = { ({new: old for old, new in renamed.items()})!r}\n"
    for field, each in fields_of(schema).items():
        attribute = renamed.get(field, field)
        documented = {"description": DOCUMENTED[attribute]} if attribute in DOCUMENTED else each
        text += f"    {attribute}: {_type(each)}\n{description(documented)}"
    return text


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type of a field. A choice between several classes stays a JSON object."""
    found = type_of(schema, class_name)
    classes = {name for name in found.replace("[", " ").replace("]", " ").split() if name[0].isupper()}
    return "dict[str, Any]" if " | " in found and len(classes - {"None", "Any", "Literal"}) > 1 else found
