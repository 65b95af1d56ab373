"""The imports between the files of a project, and the cycles among them."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Graph = Mapping[str, frozenset[str]]


def import_graph(root: Path, packages: Sequence[str]) -> Graph:
    """Return which modules of the packages each module imports, at any level and under any condition."""
    files = {module_name(root, file): file for package in packages for file in (root / package).rglob("*.py")}
    return {
        name: frozenset(_imports(ast.parse(file.read_text()), name, file.name == "__init__.py", files)) - {name}
        for name, file in files.items()
    }


def module_name(root: Path, file: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def cycles(graph: Graph) -> list[list[str]]:
    """Return each group of modules that import each other, directly or through others."""
    reachable = {name: frozenset(_reachable(graph, name)) for name in graph}
    groups = {
        frozenset({name, *(other for other in found if name in reachable[other])})
        for name, found in reachable.items()
        if name in found
    }
    return sorted(sorted(group) for group in groups)


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    pending = set(graph[start])
    while pending:
        name = pending.pop()
        found.add(name)
        pending |= graph[name] - found
    return found


def _imports(tree: ast.AST, module: str, is_package: bool, known: Mapping[str, object]) -> Iterator[str]:  # noqa: FBT001 - a property of the module
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module, is_package)
            for alias in node.names:
                submodule = f"{base}.{alias.name}"
                yield from (name for name in ([submodule] if submodule in known else [base]) if name in known)


def _base(node: ast.ImportFrom, module: str, is_package: bool) -> str:  # noqa: FBT001 - the same
    if node.level == 0:
        return node.module or ""
    package = module.split(".")[: None if is_package else -1]
    parent = package[: len(package) - node.level + 1]
    return ".".join([*parent, *([node.module] if node.module else [])])
