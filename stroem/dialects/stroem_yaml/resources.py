"""Resources of actions: those of containers, and named ones."""

from typing import Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.json_schema import WRITTEN_TEXT, Schema, TypeSchemas, description_of
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, wrong_type
from stroem.conversion.suggestions import nearest
from stroem.definitions.action import Resources
from stroem.definitions.amounts import RESERVED, amount_of, faults, name_fault
from stroem.definitions.values import Path

_RESOURCES = Record(Resources)


def convert_resources(value: object, path: Path, mistakes: Mistakes) -> Any:
    """`Resources`. Keys that are no field of it are names of resources that workers offer."""
    if type(value) is not dict:
        return wrong_type("a mapping", value, path, mistakes)
    found = _RESOURCES({name: entry for name, entry in value.items() if name in RESERVED}, path, mistakes)
    named = {}
    for name, entry in value.items():
        if name not in RESERVED and entry is not None:
            amount = _named(str(name), entry, (*path, name), mistakes)
            if amount is not WRONG:
                named[str(name)] = amount
    if found is WRONG:
        return WRONG
    for name, fault in faults(found):
        mistakes.append(Mistake(code="invalid-value", message=fault, path=(*path, name)))
    return attrs.evolve(found, named=named)


def resources_schema(types: TypeSchemas) -> Schema:
    """The schema of resources."""
    return {
        "type": "object",
        "description": description_of(Resources),
        "properties": {key: schema for key, schema in types.fields(Resources).items() if key in RESERVED},
        "additionalProperties": WRITTEN_TEXT,
    }


def _named(name: str, value: object, path: Path, mistakes: Mistakes) -> Any:
    if nearest(name, RESERVED) is not None:
        mistakes.unknown_key(name, sorted(RESERVED), path[:-1])
        return WRONG
    if fault := name_fault(name):
        mistakes.append(Mistake(code="invalid-value", message=fault, path=path, at_key=True))
        return WRONG
    text = scalars.text(value, path, mistakes)
    return text if text is WRONG or _check_amount(name, text, path, mistakes) else WRONG


def _check_amount(name: str, text: Any, path: Path, mistakes: Mistakes) -> bool:
    try:
        amount_of(name, text)
    except ValueError as error:
        mistakes.append(Mistake(code="invalid-value", message=str(error), path=path))
        return False
    return True
