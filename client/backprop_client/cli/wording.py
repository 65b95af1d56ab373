"""Fixes that name parameters of a request, in the words of the command line."""

import re

PARAMETER = re.compile(r"\?(types|date_format|missing|delimiter|encoding|decimal|header)=(\s?)")
FEATURE = re.compile(r'list it in "features": \{.*?\}')
SEND = re.compile(r"\b([Ss])end (?=\?\w+=)")
OPTIONS = {"types": "--type", "date_format": "--date-format"}


def for_command_line(text: str) -> str:
    """Return the text with the options of `backprop upload` for the parameters of an upload.

    "Send ?header=false to decide otherwise." → "Upload the file with --no-header to decide otherwise."
    """
    text = SEND.sub(lambda found: f"{'U' if found[1] == 'S' else 'u'}pload the file with ", text)
    text = text.replace("?header=false", "--no-header").replace("?header=true", "--header")
    text = FEATURE.sub("name it with --feature, as the other columns", text)
    return PARAMETER.sub(_option, text)


def _option(found: re.Match[str]) -> str:
    option = OPTIONS.get(found[1], f"--{found[1]}")
    return f"{option} " if found[2] else f"{option}="  # "?delimiter= if …" names no value
