"""Parts of requests that are never stored."""

from collections.abc import Collection, Mapping, Sequence

from stroem.definitions.values import Json
from stroem.interfaces.triggers.http_trigger import HIDDEN
from stroem_webhook.signatures import TOKEN_HEADERS

ALWAYS = frozenset({"authorization", "proxy-authorization", "cookie", *TOKEN_HEADERS})
"""Headers that are never stored."""

QUERY_SECRETS = frozenset({"secret", "hub.verify_token"})
"""Keys of the query with the secret of the webhook."""


def without_values(texts: Mapping[str, str], hidden: Collection[str]) -> dict[str, str]:
    """Texts by name, those with hidden names replaced; what is not Unicode becomes a question mark."""
    return {storable(name): HIDDEN if name in hidden else storable(text) for name, text in texts.items()}


def storable_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts by name, without what is not Unicode."""
    return without_values(texts, ())


def storable(text: str) -> str:
    """Text without NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def without_paths(value: Json, paths: Sequence[str]) -> Json:
    """A value with what is at these paths replaced. `*` stands for any key or item."""
    for path in paths:
        value = _without(value, path.split("."))
    return value


def _without(value: Json, path: Sequence[str]) -> Json:
    if not path:
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _without(item, path[1:]) if path[0] in ("*", key) else item for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without(item, path[1:]) if path[0] in ("*", str(n)) else item for n, item in enumerate(value)]
    return value
