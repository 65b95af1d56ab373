"""Answers of the service as objects with attributes.

A record keeps the JSON object that arrived. Fields that this version of the package does not know are kept, too, and
can be read like the others. A field that an older service does not send is None.
"""

import copy
import types
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

Convert = Callable[[Any], Any]


class Record:
    """A JSON object of the service. Subclasses name its fields with annotations."""

    __slots__ = ("_converted", "_data")
    _renamed: ClassVar[Mapping[str, str]] = {}  # attributes with another name than the field

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._replace(data)

    def _replace(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)
        self._converted: dict[str, Any] = {}

    if not TYPE_CHECKING:  # type checkers know the annotations only, so that they find misspelled names

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            if name not in self._converted:
                self._converted[name] = self._read(name)
            return self._converted[name]

    def _read(self, name: str) -> Any:
        known = converters(type(self))
        field = self._renamed.get(name, name)
        if field in self._data:
            return known.get(name, _unchanged)(self._data[field])
        if name in known:
            return None
        raise AttributeError(f"{type(self).__name__} has no field {name!r}; it has {', '.join(self._data)}")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as it arrived."""
        return copy.deepcopy(self._data)

    @classmethod
    def _of(cls, value: Any) -> Self | None:
        """Return the record of a JSON object; None for null."""
        return None if value is None else cls(value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._data == self._data

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} can change, so it has no hash; use its id.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._data.items())})"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *converters(type(self)), *self._data} - {*self._renamed.values()})


_converters: dict[type[Record], dict[str, Convert]] = {}  # of the classes that were used


def converters(record: type[Record]) -> dict[str, Convert]:
    """Return how to convert each annotated field of a class of records."""
    if record not in _converters:
        hints = typing.get_type_hints(record)
        _converters[record] = {name: converter(hint) for name, hint in hints.items() if not name.startswith("_")}
    return _converters[record]


def converter(hint: Any) -> Convert:
    """Return how to convert a JSON value to the type of an annotation: records inside lists and objects, too."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint._of  # noqa: SLF001 - public names belong to the fields of records
    if origin in {typing.Union, types.UnionType}:
        found = [each for each in map(converter, arguments) if each is not _unchanged]
        return found[0] if len(found) == 1 else _unchanged
    if origin is list and (convert := converter(arguments[0])) is not _unchanged:
        return lambda values: None if values is None else [convert(value) for value in values]
    if origin is dict and (convert := converter(arguments[1])) is not _unchanged:
        return lambda values: None if values is None else {name: convert(value) for name, value in values.items()}
    return _unchanged


def _unchanged(value: Any) -> Any:
    return value
