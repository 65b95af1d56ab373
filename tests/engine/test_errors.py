"""Problems point to their place in a JSON document, and long lists of them are cut."""

import pytest

from engine.errors import MAX_PROBLEMS, InvalidWeights, PointedProblem, json_pointer


@pytest.mark.parametrize(
    ("path", "pointer"), [((), ""), (("a", 0, "b"), "/a/0/b"), (("a/b", "c~d"), "/a~1b/c~0d"), (("",), "/")]
)
def test_json_pointers_follow_rfc_6901(path: tuple[str | int, ...], pointer: str) -> None:
    assert json_pointer(path) == pointer
    assert PointedProblem.at(*path, detail="wrong") == PointedProblem(pointer=pointer, detail="wrong")


def test_invalid_weights_list_a_limited_number_of_problems() -> None:
    error = InvalidWeights([PointedProblem.at(index, detail=f"problem {index}") for index in range(MAX_PROBLEMS + 5)])
    assert len(error.problems) == MAX_PROBLEMS
    assert str(error) == "problem 0; problem 1; problem 2"
