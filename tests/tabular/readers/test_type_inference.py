"""The type of a column follows from its values; labels keep their spelling."""

import pytest

from tests.support.reading import Reader, Refuser


def column(values: list[str], name: str = "c") -> str:
    return f"row,{name}\n" + "".join(f"{place},{value}\n" for place, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "-3"], "number"),
        (["1.5", "2e3", ".5"], "number"),
        (["a", "b", "a"], "category"),
        (["yes", "no", "yes"], "boolean"),
        (["True", "False", "True"], "boolean"),
        (["t", "f", "t"], "boolean"),
        (["2026-01-02", "2026-01-03", ""], "datetime"),
        (["2026-01-02T03:04:05Z", "2026-01-02 10:00:00+02:00", ""], "datetime"),
        (["31/12/2025", "30/11/2025", "01/02/2025"], "datetime"),
        (["31.12.2025", "30.11.2025", "01.02.2025"], "datetime"),
        (["epoch", "infinity", "x"], "category"),
        (["1_000", "2_000", "3_000"], "category"),
        (["0x1F", "0x2F", "0x3F"], "category"),
        (["a word " * 20, "another one " * 20, "more text " * 20], "text"),
    ],
)
def test_type_is_inferred(read: Reader, values: list[str], kind: str) -> None:
    assert read(column(values)).column("c").type == kind


def test_labels_keep_their_spelling(read: Reader) -> None:
    assert read(column(["<=50K", ">50K", "TRUE", "<=50K"])).cells("c") == ["<=50K", ">50K", "TRUE", "<=50K"]


def test_missing_values_are_null(read: Reader) -> None:
    table = read(column(["1", "?", "NA", "", "null", "N/A", "2"]))
    assert table.cells("c") == [1, None, None, None, None, None, 2]
    assert table.column("c").missing == 5


def test_sender_chooses_missing_spellings(read: Reader) -> None:
    assert read(column(["1", "-999", "3"]), missing=("-999",)).cells("c") == [1, None, 3]
    assert read(column(["x", "?", ""]), missing=("x",)).cells("c") == [None, "?", None]


def test_whole_numbers_beyond_the_sample_are_not_rounded(read: Reader) -> None:
    values = [str(place) for place in range(3_000)]
    table = read(column([*values, "2.5"]))
    assert table.cells("c")[-1] == 2.5
    assert table.column("c").integer is False


def test_text_beyond_the_sample_is_found(read: Reader) -> None:
    table = read(column([*(str(place) for place in range(2_000)), *["x", "y"] * 1_500]))
    assert table.column("c").type == "category"
    assert table.cells("c")[-1] == "y"


def test_infinite_number_is_a_problem_and_nan_is_missing(read: Reader, problems: Refuser) -> None:
    values = [str(place / 4) for place in range(30)]
    for infinite in ("inf", "-Infinity", "1e400"):
        (found,) = problems(column([*values, infinite]))
        assert (found.line, found.column, found.value) == (32, "c", infinite)
    assert read(column([*values, "nan"])).column("c").missing == 1


def test_numbers_larger_than_64_bits_are_numbers(read: Reader) -> None:
    assert read(column(["1", "123456789012345678901234", "3"])).column("c").max == pytest.approx(1.2345678901e23)


def test_few_words_among_numbers_are_problems_with_line(problems: Refuser) -> None:
    found = problems(column([*map(str, range(40)), "soon", "41", "oops"], name="price"))
    assert [(problem.line, problem.column, problem.value) for problem in found] == [
        (42, "price", "soon"),
        (44, "price", "oops"),
    ]
    assert all("?missing=" in problem.fix and "?types=price:category" in problem.fix for problem in found)


def test_line_of_a_problem_counts_quoted_line_breaks(problems: Refuser) -> None:
    rows = "".join(f'{place},"a\nb"\n' for place in range(20))
    (found,) = problems(f"c,d\n{rows}x,y\n")
    assert (found.line, found.value) == (42, "x")


def test_few_words_among_dates_are_problems(problems: Refuser) -> None:
    (found,) = problems(column([*[f"2026-01-{day:02}" for day in range(1, 29)], "soon"]))
    assert (found.line, found.value) == (30, "soon")


def test_many_words_among_numbers_make_labels_with_a_warning(read: Reader) -> None:
    table = read(column(["1", "2", "x", "y"] * 5))
    assert table.column("c").type == "category"
    (warning,) = [warning for warning in table.profile.warnings if warning.code == "mixed_types"]
    assert "'x'" in warning.detail


def test_sender_chooses_a_type(read: Reader, problems: Refuser) -> None:
    values = [*map(str, range(40)), "n.a."]
    assert read(column(values), types={"c": "category"}).cells("c")[-1] == "n.a."
    assert read(column(["1", "2"] * 9), types={"c": "text"}).column("c").type == "text"
    assert problems(column(["1", "x", "y"]), types={"c": "number"})[0].value == "x"
    assert "does not have" in problems(column(["1", "2"]), types={"d": "number"})[0].detail


def test_ambiguous_dates_are_read_with_a_warning(read: Reader) -> None:
    table = read(column(["01/02/2026", "03/04/2026"]))
    assert table.column("c").min == "2026-01-02T00:00:00.000Z"
    assert "ambiguous_dates" in table.codes()


def test_times_with_an_offset_are_converted_to_utc(read: Reader) -> None:
    assert read(column(["2026-01-02 10:00:00+02:00", ""])).column("c").min == "2026-01-02T08:00:00.000Z"
