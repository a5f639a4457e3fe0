"""The truth of an expression's value."""

from stroem.definitions.values import Json

_FALSE = frozenset({"", "false", "0", "null", "none"})


def truth(value: Json) -> bool:
    """The truth of a value.

    Null, false, zero, and empty lists and maps are false. Texts are false that are empty or `false`, `0`, `null` or
    `none` in any case.
    """
    return value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)
