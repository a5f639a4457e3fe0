"""Secrets in the outputs of steps: entered into forms, and declared by actions."""

from collections.abc import Collection, Iterable

import orjson

from stroem.conversion.json_value import NotJson, NotKept, read_json
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import Node
from stroem.redaction.job_secrets import answer_secrets, has_secret_form, hide_answers
from stroem.redaction.redactor import MARKER

_PREFIX = "OUTPUT:"
_PREFIX_BYTES = _PREFIX.encode()


def has_secret_output(plan: TaskPlan, node: Node) -> bool:
    """True if outputs of the steps of a node may have secrets of their own."""
    return has_secret_form(plan, node) or bool(_secret_keys(plan, node))


def secret_output_keys(plan: TaskPlan) -> frozenset[str]:
    """The keys of outputs that actions of the plan declare secret."""
    return frozenset(key for action in plan.actions.values() for key, field in action.output.items() if field.secret)


def output_secrets(plan: TaskPlan, node: Node, output: Json) -> list[Json]:
    """The secrets of its own in the output of a step."""
    found = answer_secrets(plan, node, output)
    if isinstance(output, dict):
        found += [output[key] for key in _secret_keys(plan, node) if output.get(key) is not None]
    return found


def hide_secret_outputs(plan: TaskPlan, node: Node, output: Json) -> Json:
    """The output of a step with the marker for its own secrets, short ones too."""
    output = hide_answers(plan, node, output)
    keys = _secret_keys(plan, node)
    return _without(output, keys) if keys and isinstance(output, dict) else output


def hide_output_lines(data: bytes, keys: Collection[str]) -> bytes:
    """JSONL of log lines with the marker for these keys in lines `OUTPUT: {json}`.

    They are in the log before the output is. A line that is no object, or cut, is hidden as a whole.
    """
    if _PREFIX_BYTES not in data:
        return data
    return b"".join(_hidden_line(line, keys) for line in data.splitlines(keepends=True))


def _hidden_line(raw: bytes, keys: Collection[str]) -> bytes:
    if _PREFIX_BYTES not in raw:
        return raw
    try:
        record = orjson.loads(raw)
        text = record["line"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return raw
    if not isinstance(text, str) or not text.startswith(_PREFIX):
        return raw
    try:
        value = read_json(text.removeprefix(_PREFIX).strip().encode())
    except (NotJson, NotKept):
        shown = f"{_PREFIX} {MARKER}"
    else:
        if not (isinstance(value, dict) and any(value.get(key) is not None for key in keys)):
            return raw
        shown = f"{_PREFIX} {orjson.dumps(_without(value, keys)).decode()}"
    return orjson.dumps({**record, "line": shown}) + b"\n"


def _secret_keys(plan: TaskPlan, node: Node) -> list[str]:
    action = plan.actions.get(node.action) if node.kind in ("action", "task") else None
    return [] if action is None else [key for key, field in action.output.items() if field.secret]


def _without(output: dict[str, Json], keys: Iterable[str]) -> dict[str, Json]:
    return {**output, **{key: MARKER for key in keys if output.get(key) is not None}}
