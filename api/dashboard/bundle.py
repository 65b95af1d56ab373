"""Join the dashboard's modules into one script: one request and one compression instead of seventy.

Modules stay as they are written: each becomes a function that runs once, in the order of imports, and returns its
exports. Joining knows the forms of import and export that the dashboard's modules use, and rejects all others.
"""

import posixpath
import re
from collections.abc import Callable

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (default )?((?:async )?function|const|class) (\w+)", re.MULTILINE)
EXPORTED_NAMES = re.compile(r"\bexport ?\{([^}]*)\};?")  # at the end of libraries
LAZY_IMPORT = re.compile(r'\bimport\("(\.[^"]+)"\)')
COMMENT_LINE = re.compile(r"^\s*//.*\n", re.MULTILINE)
UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
ALIAS = re.compile(r"(\w+) as (\w+)")

ONCE = """const once = (run) => {
  let exports;
  return () => (exports ??= run());
};
"""

Read = Callable[[str], str]


class UnknownSyntax(ValueError):
    """A module imports or exports in a form that cannot be joined."""


def joined(start: str, read: Read) -> str:
    """Return one script that does what the module `start` does. `read` returns the text of a module by its path.

    Modules that are imported on demand are part of the script, too, but run only on demand. Raises `UnknownSyntax`.
    """
    names: dict[str, str] = {}
    parts: list[str] = []

    def add(path: str, importing: tuple[str, ...]) -> str:
        if path in importing:
            raise UnknownSyntax(f"Modules import each other: {' → '.join((*importing, path))}")
        if path not in names:
            names[path] = f"module{len(names)}"
            text, above = read(path), (*importing, path)
            modules = {target: add(_resolved(path, target), above) for _, target in IMPORT.findall(text)}
            modules |= {target: add(_resolved(path, target), ()) for target in LAZY_IMPORT.findall(text)}
            parts.append(_as_function(path, names[path], text, modules))
        return names[path]

    first = add(start, ())
    return ONCE + "".join(parts) + f"{first}();\n"


def _as_function(path: str, name: str, text: str, modules: dict[str, str]) -> str:
    """Return a module as a function that gives its exports, and runs the module at its first call only."""
    exports = [f"{'default: ' if default else ''}{exported}" for default, _, exported in EXPORT.findall(text)]
    for listed in EXPORTED_NAMES.findall(text):
        exports += [ALIAS.sub(r"\2: \1", each.strip()) for each in listed.split(",")]
    text = IMPORT.sub(_import_of(modules), text)
    text = LAZY_IMPORT.sub(lambda found: f"Promise.resolve().then({modules[found[1]]})", text)
    text = EXPORTED_NAMES.sub("", EXPORT.sub(r"\2 \3", COMMENT_LINE.sub("", text)))
    if unknown := UNKNOWN.search(text):
        raise UnknownSyntax(f"{path}: {unknown[0]}")
    return f"const {name} = once(() => {{ // {path}\n{text}return {{ {', '.join(exports)} }};\n}});\n"


def _import_of(modules: dict[str, str]) -> Callable[[re.Match[str]], str]:
    def replaced(found: re.Match[str]) -> str:
        names = ALIAS.sub(r"\1: \2", found[1])
        return f"const {{{names}}} = {modules[found[2]]}();\n"

    return replaced


def _resolved(path: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
