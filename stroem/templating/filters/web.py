"""Filters for URLs, HTML and XML."""

import html
import re
from urllib.parse import quote

from stroem.templating.budget import Budget
from stroem.templating.filters.arguments import text
from stroem.templating.filters.regex import without

_BETWEEN_TAGS = re.compile(r">\s+<")
_TAG = r"<!--.*?-->|<[^>]*>"


def urlencode(value: object) -> str:
    """Percent-encoded, but for letters, digits and `-_.~/`."""
    return quote(text(value), safe="/")


def urlencode_strict(value: object) -> str:
    """Percent-encoded, but for letters and digits."""
    encoded = quote(text(value), safe="")
    for character in "-_.~":
        encoded = encoded.replace(character, f"%{ord(character):02X}")
    return encoded


def escape(value: object) -> str:
    """Safe inside HTML."""
    return html.escape(text(value)).replace("/", "&#x2F;")


def escape_xml(value: object) -> str:
    """Safe inside XML."""
    return html.escape(text(value)).replace("&#x27;", "&apos;")


def striptags(value: object, *, budget: Budget) -> str:
    """Without HTML tags and comments."""
    return without(_TAG, text(value), budget)


def linebreaksbr(value: object) -> str:
    """`<br>` for each line break."""
    return text(value).replace("\r\n", "<br>").replace("\n", "<br>")


def spaceless(value: object) -> str:
    """Without blanks between HTML tags."""
    return _BETWEEN_TAGS.sub("><", text(value))
