"""JSON pointers: validation errors lead to the place in the body as it was sent."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.http.requests.json_pointers import pointed_problems


class Circle(BaseModel):
    """One kind of shape."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["circle"]
    radius: Annotated[float, Field(ge=1e-30)]


class Square(BaseModel):
    """Another kind of shape."""

    type: Literal["square"]
    sides: Annotated[list[int], Field(min_length=2)]


class Drawing(BaseModel):
    """A body with unions of all sorts."""

    shapes: list[Annotated[Circle | Square, Field(discriminator="type")]] = []
    color: Literal["red"] | list[int] | None = None
    labels: dict[str, int] = {}


def problems(body: Any) -> list[tuple[str, str]]:
    """Return pointer and detail of each problem of a drawing."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Drawing).validate_python(body)
    errors = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    return [(problem.pointer, problem.detail) for problem in pointed_problems(errors, body)]


def test_tags_of_unions_are_not_part_of_the_pointer() -> None:
    assert problems({"shapes": [{"type": "circle", "radius": "x"}]})[0][0] == "/shapes/0/radius"


def test_slashes_and_tildes_are_escaped() -> None:
    assert problems({"labels": {"a/b~c": "x"}})[0][0] == "/labels/a~1b~0c"


def test_a_missing_field_is_named() -> None:
    assert problems({"shapes": [{"type": "circle"}]}) == [("/shapes/0/radius", "This field is required.")]


def test_an_unknown_field_is_named() -> None:
    body = {"shapes": [{"type": "circle", "radius": 1, "size": 2}]}
    assert problems(body) == [("/shapes/0/size", "Unknown field.")]


def test_an_unknown_type_suggests_the_closest_one() -> None:
    assert problems({"shapes": [{"type": "circel"}]}) == [
        ("/shapes/0", "Unknown type 'circel'; did you mean 'circle'?")
    ]


def test_a_missing_type_is_reported() -> None:
    assert problems({"shapes": [{"radius": 1}]}) == [("/shapes/0", "The field `type` is required.")]


def test_a_value_that_fits_no_kind_gets_one_problem_with_all_kinds() -> None:
    assert problems({"color": "blue"}) == [("/color", "Input should be 'red' or a list, not 'blue'.")]


def test_a_value_of_one_kind_gets_the_problems_inside_only() -> None:
    assert [pointer for pointer, _ in problems({"color": ["x"]})] == ["/color/0"]


def test_a_list_whose_items_are_invalid_is_not_reported_as_too_short() -> None:
    assert [pointer for pointer, _ in problems({"shapes": [{"type": "square", "sides": [1, "x"]}]})] == [
        "/shapes/0/sides/1"
    ]


def test_small_bounds_are_written_in_short_form() -> None:
    assert problems({"shapes": [{"type": "circle", "radius": 0}]}) == [
        ("/shapes/0/radius", "Input should be at least 1e-30, not 0.")
    ]


def test_places_outside_of_the_body_are_named_by_kind() -> None:
    error = {"type": "missing", "loc": ("query", "limit"), "msg": "", "input": None}
    assert pointed_problems([error], None)[0].pointer == "query limit"
