"""Pages of HTML without scripts, under a strict policy."""

import base64
import hashlib
from html import escape

from aiohttp import web

from stroem.conversion.text import visible

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1c2733}"
    "label{display:block;margin:1rem 0 .25rem;font-weight:600}small{display:block;font-weight:400;color:#52606d}"
    "input,select,textarea{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}"
    "button{font:inherit;padding:.5rem 1.5rem;margin:1.5rem 1rem 0 0}ul.mistakes{color:#a4161a}"
    "blockquote{margin:1rem 0;padding:.5rem 1rem;border-left:.25rem solid #9fb3c8;white-space:pre-wrap}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def shown(text: str) -> str:
    """A text as HTML, in which characters that reorder or hide text are escapes such as `\\u202e`."""
    return escape(visible(text.replace("\r\n", "\n")))


def html_page(title: str, body: str, *, status: int = 200) -> web.Response:
    """A page. `title` is a text, `body` is HTML, in which all texts are escaped."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{shown(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{shown(title)}</h1>{body}</body></html>"
    )
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)


def message_page(title: str, text: str, *, status: int) -> web.Response:
    """A page with one paragraph of text."""
    return html_page(title, f"<p>{shown(text)}</p>", status=status)
