"""A page as one HTML document: nothing from other addresses, no scripts, and a policy that allows nothing else."""

import base64
import hashlib
from html import escape
from pathlib import Path

STYLE = (Path(__file__).parent / "style.css").read_text()


def document(title: str, body: str, style: str = STYLE, *, embedded: bool = False) -> str:
    """Return the page; `body` is HTML. The policy is in the page, too, so that it holds for a saved file.

    `embedded`: for a page with a policy of its own, which reads the style from a template and applies it itself.
    """
    element = "template" if embedded else "style"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">'
        f"<title>{escape(title)}</title><{element}>{style}</{element}></head>"
        f'<body><main class="page">{body}</main></body></html>'
    )


def policy_header(style: str = STYLE) -> str:
    """Return the Content-Security-Policy of a response with the page."""
    return f"{_policy(style)}; frame-ancestors 'none'"


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
