"""Approvers of approvals, and how many of them must agree."""

from typing import Any, get_args

from stroem.conversion import scalars
from stroem.conversion.json_schema import Schema, TypeSchemas
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.action import Action
from stroem.definitions.approvers import Approvers, Excluded
from stroem.definitions.values import Path
from stroem.dialects.stroem_yaml.shapes import one_or_more

MOST_APPROVALS = 20

_APPROVERS = Record(Approvers, users=scalars.one_or_more(scalars.text), groups=scalars.one_or_more(scalars.text))
convert_four_eyes = scalars.one_or_more(scalars.choice(get_args(Excluded)))


def convert_approvers(value: object, path: Path, mistakes: Mistakes) -> Any:
    """`Approvers`, at least one of them."""
    found = _APPROVERS(value, path, mistakes)
    is_known = type(value) is dict and all(key in _APPROVERS.converters for key in value)
    if is_known and found is not WRONG and not any(one.strip() for one in (*found.users, *found.groups)):
        hint = "like {groups: [ops]}"
        mistakes.append(Mistake(code="missing-key", message="names nobody", path=path, hint=hint, at_key=True))
    return found


def check_approval(action: Action, path: Path, mistakes: Mistakes) -> None:
    """Notes a quorum that cannot be, and what contradicts it."""
    if not 1 <= action.quorum <= MOST_APPROVALS:
        message = f"expected 1 to {MOST_APPROVALS} approvals, got {action.quorum}"
        mistakes.append(Mistake(code="invalid-value", message=message, path=(*path, "quorum")))
    approvers = action.approvers
    if approvers is not None and not approvers.groups and 0 < len(set(approvers.users)) < action.quorum:
        message = f"{len(set(approvers.users))} approvers can never give {action.quorum} approvals"
        mistakes.append(Mistake(code="invalid-value", message=message, path=(*path, "quorum")))
    if action.quorum > 1 and action.type == "approval" and action.input:
        message = "a form is filled in by one person, and does not go with a quorum"
        hint = "ask for the fields in an approval of its own, before this one"
        mistakes.append(
            Mistake(code="conflicting-keys", message=message, path=(*path, "input"), hint=hint, at_key=True)
        )
    if action.on_timeout == "approve" and (action.quorum > 1 or approvers is not None or action.four_eyes):
        message = "'on_timeout: approve' would approve without any of the approvers"
        hint = "write `fail` or `reject`"
        mistakes.append(Mistake(code="conflicting-keys", message=message, path=(*path, "on_timeout"), hint=hint))


def approvers_schema(types: TypeSchemas) -> dict[str, Schema]:
    """The schemas of the keys."""
    four_eyes = {"enum": [*get_args(Excluded)]}
    several = {key: one_or_more(schema) for key, schema in types.fields(Approvers).items()}
    return {
        "approvers": {
            "type": "object",
            "properties": several,
            "additionalProperties": False,
            "minProperties": 1,
        },
        "quorum": {"type": "integer", "minimum": 1, "maximum": MOST_APPROVALS, "default": 1},
        "four_eyes": {"anyOf": [four_eyes, {"type": "array", "items": four_eyes}]},
    }
