"""The key that values from outside must not have."""

from collections.abc import Mapping

from stroem.definitions.values import Json
from stroem.errors import FieldError, InvalidInput
from stroem.records.large_output import KEY


def refuse_reserved(given: Json, key: str = "input") -> None:
    """Raises InvalidInput for each given value that has the key of references to large outputs, at any depth.

    `key` is what messages call the whole.
    """
    named = {f"{key}.{name}": value for name, value in given.items()} if isinstance(given, Mapping) else {key: given}
    wrong = [name for name, value in named.items() if name == f"{key}.{KEY}" or _has_key(value)]
    if wrong:
        message = f"has the key {KEY!r}, which is reserved"
        fields = tuple(FieldError(field=name, message=message) for name in wrong)
        raise InvalidInput(problems="; ".join(f"{one.field} {one.message}" for one in fields), fields=fields)


def _has_key(value: Json) -> bool:
    stack: list[Json] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            if KEY in item:
                return True
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)
    return False
