"""Pieces of HTML. Every function escapes the texts that it is given."""

from collections.abc import Iterable, Sequence
from html import escape


def section(title: str, content: str) -> str:
    """Return a section; `content` is HTML."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def listed(sentences: Iterable[str]) -> str:
    """Return a list."""
    return f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in sentences)}</ul>"


def table(rows: Iterable[Sequence[str]], heads: Sequence[str] = ()) -> str:
    """Return a table; the first cell of each row is its head."""
    head = f"<thead><tr>{''.join(f'<th>{escape(each)}</th>' for each in heads)}</tr></thead>" if heads else ""
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(each)}</td>" for each in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="scroll" tabindex="0"><table>{head}<tbody>{body}</tbody></table></div>'


def number(value: object) -> str:
    """Return a number as people read it; other values as text, and nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
