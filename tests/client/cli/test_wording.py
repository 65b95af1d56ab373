"""Fixes in the words of the command line."""

import pytest

from backprop_client.cli.wording import for_command_line


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Send ?header=false to decide otherwise.", "Upload the file with --no-header to decide otherwise."),
        ("If so, send ?missing=9999,-1.", "If so, upload the file with --missing=9999,-1."),
        ("upload the file again with ?types=age:number.", "upload the file again with --type=age:number."),
        ("Send ?delimiter= if it is another.", "Upload the file with --delimiter if it is another."),
        ("such as ?date_format=day:%d/%m/%Y.", "such as --date-format=day:%d/%m/%Y."),
        (
            'To use it, list it in "features": {"column": "a"}.',
            "To use it, name it with --feature, as the other columns.",
        ),
        ("Send fewer rows. Is it so?", "Send fewer rows. Is it so?"),
    ],
)
def test_parameters_become_options(sent: str, shown: str) -> None:
    assert for_command_line(sent) == shown
