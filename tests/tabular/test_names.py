"""An unknown name gets a suggestion."""

from tabular.names import suggest_name


def test_a_similar_name_is_suggested() -> None:
    assert suggest_name("pricee", ["size", "price"]) == "Did you mean 'price'?"


def test_without_a_similar_name_all_are_listed() -> None:
    assert suggest_name("zzz", ["size", "price"]) == "The columns are 'size', 'price'."


def test_a_long_list_of_names_is_cut() -> None:
    assert suggest_name("zzz", [f"column{n}" for n in range(30)]).endswith("'column19' ….")
