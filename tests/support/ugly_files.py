"""Ugly files of many kinds, with made-up contents, each with the right answer.

The kinds come from what people report about exports of spreadsheets, accounting and survey programs, databases and
statistics packages, in many countries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ROWS = 30
WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}  # digits as wide as Chinese characters
MONTHS = ["Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sept", "Okt", "Nov", "Dez"]
FRENCH = ["janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]


@dataclass(frozen=True, slots=True, kw_only=True)
class UglyFile:
    """A file and the right answer.

    types: of the columns. names: of the columns, unless as in the header. first: values of the first row by column.
    warnings: codes that must occur. rows: number of rows.
    """

    content: str | bytes
    types: str
    warnings: Sequence[str] = ()
    first: dict[str, Any] = field(default_factory=dict)
    names: Sequence[str] | None = None
    rows: int = ROWS
    options: dict[str, Any] = field(default_factory=dict)


def lines(header: str, row: Callable[[int], str], end: str = "\n") -> str:
    """Return a file of 30 rows."""
    return end.join([header, *map(row, range(ROWS))]) + end


def ab(number: int) -> str:
    """Return one of two labels."""
    return "ab"[number % 2]


NUMBERS = {
    "lakh_grouping": UglyFile(
        content=lines("price,n", lambda n: f'"\u20b9{n + 1},23,456.50",{n}'),
        types="number number",
        warnings=["number_format"],
        first={"price": 123_456.5},
    ),
    "german_amounts": UglyFile(
        content=lines("Betrag;Ort", lambda n: f"{n + 1}.234,56 \u20ac;{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"Betrag": 1234.56},
    ),
    "swiss_amounts": UglyFile(
        content=lines("Betrag;Ort", lambda n: f"CHF {n + 1}\u2019234.50;{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"Betrag": 1234.5},
    ),
    "french_amounts": UglyFile(
        content=lines("montant;ville", lambda n: f"{n + 1}\u202f234,50 \u20ac;{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"montant": 1234.5},
    ),
    "no_break_space_amounts": UglyFile(
        content=lines("montant;ville", lambda n: f"{n + 1}\u00a0234,50;{ab(n)}"),
        types="number category",
        first={"montant": 1234.5},
    ),
    "minus_behind": UglyFile(
        content=lines("saldo;konto", lambda n: f"{n + 1}.000,50{'-' if n % 2 == 0 else ''};{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"saldo": -1000.5},
    ),
    "credits_and_debits": UglyFile(
        content=lines("balance,account", lambda n: f'"{n + 1},200.00 {("CR", "DR")[n % 2]}",{ab(n)}'),
        types="number category",
        warnings=["number_format"],
        first={"balance": -1200.0},
    ),
    "accounting_blanks": UglyFile(
        content=lines("net,k", lambda n: f'" ${n + 1},000.00 ",{ab(n)}' if n % 5 else f'" (${n + 1},000.00)",{ab(n)}'),
        types="number category",
        first={"net": -1000.0},
    ),
    "millions": UglyFile(
        content=lines("value,k", lambda n: f"\u20ac{n + 1}.5{'M' if n % 3 else 'K'},{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"value": 1500.0},
    ),
    "installs": UglyFile(
        content=lines("installs,k", lambda n: f'"{(n + 1) * 1000:,}+",{ab(n)}'),
        types="number category",
        warnings=["ambiguous_numbers"],
        first={"installs": 1000},
    ),
    "percent_above_100": UglyFile(
        content=lines("growth,k", lambda n: f"{n * 37 + 90.5}%,{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"growth": 90.5},
    ),
    "yen_behind": UglyFile(
        content=lines("\u4fa1\u683c,k", lambda n: f'"{n + 1},980\u5186",{ab(n)}'),
        types="number category",
        warnings=["ambiguous_numbers"],
        first={"\u4fa1\u683c": 1980},
    ),
    "wide_digits": UglyFile(
        content=lines("\u6570,k", lambda n: f"{str(n + 10).translate(WIDE)},{ab(n)}"),
        types="number category",
        first={"\u6570": 10},
    ),
    "rupees": UglyFile(
        content=lines("fee,k", lambda n: f'"Rs. {n + 1},500",{ab(n)}'),
        types="number category",
        warnings=["ambiguous_numbers"],
        first={"fee": 1500},
    ),
    "scientific": UglyFile(
        content=lines("mass,k", lambda n: f"{n + 1}.5E-0{n % 9 + 1},{ab(n)}"),
        types="number category",
        first={"mass": 0.15},
    ),
    "unit_in_header": UglyFile(
        content=lines("weight (kg),height [cm]", lambda n: f"{n + 40}.5,{n + 150}"),
        types="number number",
    ),
    "eurostat_missing": UglyFile(
        content=lines("geo,2019 ,2020 ", lambda n: f"R{n % 4},{':' if n % 12 == 5 else n + 0.5},{n + 1.5}"),
        types="category number number",
        warnings=["missing_spellings", "whitespace_in_header"],
        names=["geo", "2019", "2020"],
    ),
    "german_excel_errors": UglyFile(
        content=lines("wert;k", lambda n: f"{'#NV' if n == 7 else '#DIV/0!' if n == 9 else f'{n},5'};{ab(n)}"),
        types="number category",
        warnings=["missing_spellings"],
        first={"wert": 0.5},
    ),
    "database_nulls": UglyFile(
        content=lines("x,k", lambda n: f"{chr(92)}N,{ab(n)}" if n == 3 else f"{n}.5,{ab(n)}"),
        types="number category",
        warnings=["missing_spellings"],
        first={"x": 0.5},
    ),
    "several_units": UglyFile(
        content=lines("dose,k", lambda n: f"{n + 1} {('mg', 'ml')[n % 2]},{ab(n)}"),
        types="category category",
        warnings=["mixed_units"],
    ),
    "coordinates": UglyFile(
        content=lines("lat,k", lambda n: f"48\u00b0{n + 10}'N,{ab(n)}"),
        types="category category",
        warnings=["number_like_labels"],
    ),
    "detection_limits": UglyFile(
        content=lines("lead,k", lambda n: f"<0.{n + 1},{ab(n)}"),
        types="category category",
        warnings=["number_like_labels"],
    ),
    "fractions": UglyFile(
        content=lines("size,k", lambda n: f"{n % 7 + 1}/{n % 3 + 2},{ab(n)}"), types="category category"
    ),
    "ranges": UglyFile(
        content=lines("age,k", lambda n: f"{n % 5 * 10}-{n % 5 * 10 + 9},{ab(n)}"), types="category category"
    ),
    "numbers_beside_codes": UglyFile(
        content=lines("dial,k", lambda n: f"1-{n + 200},{ab(n)}" if n % 9 == 4 else f"{n + 30},{ab(n)}"),
        types="category category",
    ),
    "exponent_codes": UglyFile(
        content=lines("part,k", lambda n: f"1{'ef'[n % 2]}{n + 10},{ab(n)}"),
        types="category category",
        first={"part": "1e10"},
    ),
    "quoted_numbers": UglyFile(content=lines('"x","k"', lambda n: f'"{n}.25","{ab(n)}"'), types="number category"),
}

TIMES = {
    "compact_dates": UglyFile(
        content=lines("day,k", lambda n: f"101{n % 9 + 1}2018,{ab(n)}" if n % 2 else f"112{n % 9}2018,{ab(n)}"),
        types="number category",
        warnings=["looks_like_dates"],
    ),
    "compact_dates_with_zero": UglyFile(
        content=lines("day,k", lambda n: f"{n % 12 + 1:02}{n % 28 + 1:02}2018,{ab(n)}"),
        types="category category",
        warnings=["looks_like_dates"],
    ),
    "year_first_two_digits": UglyFile(
        content=lines("day,k", lambda n: f"{n % 4 + 18:02}-{n % 12 + 1:02}-{n % 28 + 1:02},{ab(n)}"),
        types="datetime category",
        warnings=["ambiguous_dates"],
        first={"day": "2018-01-01"},
    ),
    "times_of_day": UglyFile(
        content=lines("a,b,c", lambda n: f"{n % 24}:{n + 10},{n % 12 + 1}:{n + 10} PM,{n % 24:02}:{n + 10}:05"),
        types="datetime datetime datetime",
        warnings=["times_of_day"],
        first={"b": "1970-01-01T13:10:00"},
    ),
    "long_durations": UglyFile(
        content=lines("run,k", lambda n: f"{n * 3}:{n + 10}:05,{ab(n)}"),
        types="number category",
        warnings=["number_format"],
        first={"run": 605},
    ),
    "timedeltas": UglyFile(
        content=lines("run,k", lambda n: f"{n} days 01:02:03,{ab(n)}"),
        types="number category",
        first={"run": 3723},
    ),
    "german_months": UglyFile(
        content=lines("tag;k", lambda n: f"{n % 28 + 1}. {MONTHS[n % 12]} 2024;{ab(n)}"),
        types="datetime category",
        first={"tag": "2024-01-01"},
    ),
    "french_months": UglyFile(
        content=lines("jour;k", lambda n: f"{n % 28 + 1} {FRENCH[n % 12]} 2024;{ab(n)}"),
        types="datetime category",
        first={"jour": "2024-01-01"},
    ),
    "quarters": UglyFile(
        content=lines("q,k", lambda n: f"20{n % 9 + 10}Q{n % 4 + 1},{ab(n)}"),
        types="datetime category",
        first={"q": "2010-01-01"},
    ),
    "weeks": UglyFile(
        content=lines("w,k", lambda n: f"2024-W{n + 5:02},{ab(n)}"),
        types="datetime category",
        first={"w": "2024-01-29"},
    ),
    "serial_dates": UglyFile(
        content=lines("order date,k", lambda n: f"{44_197 + n},{ab(n)}"),
        types="number category",
        warnings=["looks_like_dates"],
    ),
    "epoch_milliseconds": UglyFile(
        content=lines("created_at,k", lambda n: f"{1_700_000_000_123 + n * 86_400_000},{ab(n)}"),
        types="number category",
        warnings=["looks_like_dates"],
    ),
    "japanese_dates": UglyFile(
        content=lines("\u65e5\u4ed8,k", lambda n: f"2024\u5e74{n % 12 + 1}\u6708{n % 28 + 1}\u65e5,{ab(n)}"),
        types="datetime category",
        first={"\u65e5\u4ed8": "2024-01-01"},
    ),
    "mail_dates": UglyFile(
        content=lines("sent,k", lambda n: f'"Mon, {n % 4 * 7 + 1:02} Jan 2024 10:11:12 +0000",{ab(n)}'),
        types="datetime category",
        first={"sent": "2024-01-01T10:11:12"},
    ),
    "server_log_dates": UglyFile(
        content=lines("at,k", lambda n: f"{n % 28 + 1:02}/Jan/2024:10:11:12 +0100,{ab(n)}"),
        types="datetime category",
        first={"at": "2024-01-01T09:11:12"},
    ),
    "nanoseconds": UglyFile(
        content=lines("at,k", lambda n: f"2024-01-{n % 28 + 1:02}T10:11:12.123456789Z,{ab(n)}"),
        types="datetime category",
    ),
    "zone_words": UglyFile(
        content=lines("at,k", lambda n: f"2024-01-{n % 28 + 1:02} 10:11:12 UTC,{ab(n)}"),
        types="datetime category",
        first={"at": "2024-01-01T10:11:12"},
    ),
    "half_converted_dates": UglyFile(
        content=lines(
            "day,k", lambda n: f"2024-01-{n % 9 + 10},{ab(n)}" if n % 2 else f"{n % 15 + 13}/02/2024,{ab(n)}"
        ),
        types="datetime category",
        first={"day": "2024-02-13"},
    ),
}

LAYOUTS = {
    "formula_codes": UglyFile(
        content=lines("zip,n", lambda n: f'="0{n % 7}123",{n}'),
        types="category number",
        first={"zip": "00123"},
    ),
    "quoted_formula_codes": UglyFile(
        content=lines("zip,n", lambda n: f'"=""0{n % 7}123""",{n}'),
        types="category number",
        first={"zip": "00123"},
    ),
    "quoted_newlines": UglyFile(
        content=lines('"first\nname",n', lambda n: f'"a\nb{n % 3}",{n}'),
        types="category number",
        names=["first\nname", "n"],
        first={"first\nname": "a\nb0"},
    ),
    "excel_separator_line": UglyFile(
        content="sep=;\n" + lines("a;k", lambda n: f"{n};{ab(n)}"), types="number category"
    ),
    "mixed_line_ends": UglyFile(
        content=lines("a,k", lambda n: f"{n},{ab(n)}").replace("\n", "\r\n", 9),
        types="number category",
        first={"a": 0},
    ),
    "old_line_ends": UglyFile(content=lines("a,k", lambda n: f"{n},{ab(n)}", end="\r"), types="number category"),
    "invisible_characters": UglyFile(
        content=lines("\ufeffa\u200b,k", lambda n: f"\u200e{n}\u200b,{ab(n)}\u2060"),
        types="number category",
        names=["a", "k"],
        first={"a": 0, "k": "a"},
    ),
    "joined_files": UglyFile(
        content=lines("a,k", lambda n: f"{n}{chr(10)}\ufeffa,k,".rstrip(",") if n == 12 else f"{n},{ab(n)}").replace(
            "12\n", "12,a\n"
        ),
        types="number category",
        warnings=["repeated_header"],
    ),
    "duplicate_and_blank_names": UglyFile(
        content=lines("x,x,,X", lambda n: f"{n},{n * 2},{ab(n)},{n}"),
        types="number number category number",
        warnings=["duplicate_header", "empty_header"],
        names=["x", "x_2", "column_3", "X_3"],
    ),
    "empty_columns_behind": UglyFile(
        content=lines("a,k,,,", lambda n: f"{n},{ab(n)},,,"),
        types="number category",
        warnings=["empty_columns"],
        names=["a", "k"],
    ),
    "empty_rows_below": UglyFile(
        content=lines("a,k,m", lambda n: f"{n},{ab(n)},{n}") + ",,\n" * 12, types="number category number"
    ),
    "total_row": UglyFile(
        content=lines("shop,a,b", lambda n: f"shop {n % 5},{n},{n}.5") + "Grand total,435,450.0\n",
        types="category number number",
        warnings=["skipped_footer"],
    ),
    "note_below": UglyFile(
        content=lines("a,b,k", lambda n: f"{n},{n}.5,{ab(n)}") + "\nSource: our own survey\n(30 rows)\n",
        types="number number category",
        warnings=["skipped_footer"],
    ),
    "dos_end_of_file": UglyFile(content=lines("a,k", lambda n: f"{n},{ab(n)}") + "\x1a", types="number category"),
    "units_below_header": UglyFile(
        content=lines("time,speed,k\ns,m/s,", lambda n: f"{n}.5,{n},{ab(n)}"),
        types="number number category",
        warnings=["second_header"],
        names=["time", "speed", "k"],
    ),
    "merged_header": UglyFile(
        content=lines("shop,2023,,2024,\n,spring,fall,spring,fall", lambda n: f"s{n % 3},{n}.5,{n}.25,{n}.5,{n}.75"),
        types="category number number number number",
        warnings=["second_header"],
        names=["shop", "2023 spring", "2023 fall", "2024 spring", "2024 fall"],
    ),
    "dashes_below_header": UglyFile(
        content=lines("id   ,name\n-----,----", lambda n: f"{n:5},{ab(n)}"),
        types="number category",
        warnings=["second_header"],
    ),
    "lines_in_quotes": UglyFile(
        content=lines('"a,k,note"', lambda n: f'"{n},{ab(n)},""x, y"""'),
        types="number category category",
        warnings=["quoting"],
        first={"note": "x, y"},
    ),
    "backslash_escapes": UglyFile(
        content=lines("a,said", lambda n: f'{n},"he said {chr(92)}"hi, {n % 3}{chr(92)}""'),
        types="number category",
        warnings=["quoting"],
        first={"said": 'he said "hi, 0"'},
    ),
    "quotes_as_text": UglyFile(
        content=lines("kind\ttext", lambda n: f'{ab(n)}\t"Oh {n % 3}" she said' if n % 2 else f'{ab(n)}\tno 5" disk'),
        types="category category",
        warnings=["quoting"],
        first={"text": 'no 5" disk'},
    ),
    "json_in_quotes": UglyFile(
        content=lines("a,point", lambda n: f'{n},"{{""x"":{n % 3},""y"":{n % 2}}}"'),
        types="number category",
        first={"point": '{"x":0,"y":0}'},
    ),
    "embedded_quotes": UglyFile(
        content=lines("a,size", lambda n: f'{n},"{n % 5 + 3}"" pipe"'),
        types="number category",
        first={"size": '3" pipe'},
    ),
    "r_write_table": UglyFile(
        content=lines('"a" "b" "k"', lambda n: f'"{n + 1}" {n} {n}.5 "{ab(n)}"'),
        types="number number number category",
        warnings=["row_names"],
        names=["row_name", "a", "b", "k"],
    ),
    "carets": UglyFile(content=lines("a^k^n", lambda n: f"{n}^{ab(n)}^{n}.5"), types="number category number"),
    "delimiter_only_in_rows": UglyFile(
        content=lines("a,k", lambda n: f"{n},{ab(n)},"), types="number category", names=["a", "k"]
    ),
    "utf16_without_mark": UglyFile(
        content=lines("a\tk", lambda n: f"{n}\t{ab(n)}").encode("utf-16-le"),
        types="number category",
        warnings=["not_utf8"],
    ),
    "polish_letters": UglyFile(
        content=lines("miasto;k", lambda n: f"{('Łódź', 'Kraków', 'Gdańsk')[n % 3]};{ab(n)}").encode("cp1250"),
        types="category category",
        options={"encoding": "windows-1250"},
        first={"miasto": "Łódź"},
    ),
    "booleans_of_languages": UglyFile(
        content=lines(
            "a,b,c,d", lambda n: f"{('ja', 'Nein')[n % 2]},{('oui', 'non')[n % 2]},{('да', 'нет')[n % 2]},{n % 2}"
        ),
        types="boolean boolean boolean number",
    ),
    "r_logicals": UglyFile(
        content=lines('"","x","y"', lambda n: f'"{n + 1}",{("TRUE", "FALSE", "NA")[n % 3]},{n}'),
        types="number boolean number",
        names=["index", "x", "y"],
    ),
}

UGLY: dict[str, UglyFile] = {**NUMBERS, **TIMES, **LAYOUTS}
