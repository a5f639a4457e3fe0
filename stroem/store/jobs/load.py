"""Rows that the engine asks for, of many jobs at once. The caller has locked the rows of the jobs."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine.requests import EndedStep, KeptSignal, Load, NodeResult, Rows
from stroem.engine.values.state import Step
from stroem.store.jobs.step_indexes import ADDRESS, NODE, SCOPE, WAITING
from stroem.store.statement import Connection, Statement, execute, fetch, records, send

_TYPES = {
    "id": "bigint", "node": "int", "parent": "int", "item": "int", "status": "text", "waits_for": "text",
    "unmet": "int", "taken": "int", "barred": "int", "open": "int", "failed": "int", "first": "int", "total": "int",
    "begun": "int", "attempt": "int", "due_at": "timestamptz", "expires_at": "timestamptz",
    "reminded": "int", "timeout": "int", "worker_id": "uuid",
    "cancel_requested": "boolean", "value": "json", "context": "json", "input": "json", "error": "text",
    "error_kind": "text", "exit_code": "int",
}  # fmt: skip
"""The columns of all answers, by field of a step. Answers of other kinds use some of them."""
_STEP, _OUTPUT, _COLLECTED, _VISITS, _SIGNAL, _FORMER = range(6)
_COLUMNS = """
    s.job_id, s.id::bigint, s.node, s.parent, s.item, s.status, s.waits_for, s.unmet, s.taken, s.barred, s.open,
    s.failed, s.first, s.total, s.begun, s.attempt, s.due_at, s.expires_at, s.reminded, s.timeout_secs, s.worker_id,
    s.cancel_requested, s.value, s.context, CASE WHEN s.waits_for IS NOT NULL THEN s.input END, s.error, s.error_kind,
    s.exit_code
    """


def _columns(**given: str) -> str:
    """The columns of an answer that is no step."""
    return ", ".join(["n.job_id", *(f"{given.get(name, 'NULL')}::{kind}" for name, kind in _TYPES.items())])


_ENDED = "status IN ('completed', 'failed', 'skipped', 'cancelled')"
_OUTPUT_OF = "coalesce(s.full_output, s.output)"
_RESULT = _columns(node="n.node", parent="n.parent", status="s.status", value=_OUTPUT_OF, error="s.error")
_INNER = _columns(id="s.id", node="s.node", parent="s.parent", item="s.item", value=_OUTPUT_OF)
_VISIT = _columns(node="n.node", parent="n.parent", item="s.item")
_MESSAGE = _columns(id="m.id", status="n.name", waits_for="m.actor", value="m.payload")
_PARTS = {
    "ids": ("step int", _STEP, _COLUMNS, "JOIN steps s ON s.job_id = n.job_id AND s.id = n.step"),
    "addresses": (
        "parent int, node int, item int", _STEP, _COLUMNS,
        f"JOIN steps s ON {ADDRESS}",
    ),
    "waiting": (
        "waits_for text", _STEP, _COLUMNS,
        f"JOIN steps s ON {WAITING}",
    ),
    "outputs": (
        "parent int, node int", _OUTPUT, _RESULT,
        f"""CROSS JOIN LATERAL (
            SELECT s.status, s.output, s.full_output, s.error FROM steps s WHERE {NODE} AND s.{_ENDED}
            ORDER BY s.parent DESC, s.job_id DESC, s.node DESC, s.item DESC LIMIT 1) s""",  # noqa: S608 - constants
    ),
    "collected": (
        "parent int", _COLLECTED, _INNER,
        f"JOIN steps s ON {SCOPE} AND s.{_ENDED}",
    ),
    "visits": (
        "parent int, node int", _VISITS, _VISIT,
        f"""CROSS JOIN LATERAL (
            SELECT s.item FROM steps s WHERE {NODE}
            ORDER BY s.parent DESC, s.job_id DESC, s.node DESC, s.item DESC LIMIT 1) s""",  # noqa: S608 - a constant
    ),
    "former": (
        "step int", _FORMER, _columns(id="n.step", value="s.output"),
        "JOIN jobs j ON j.id = n.job_id JOIN steps s ON s.job_id = j.source_job_id AND s.id = n.step",
    ),
    "signals": (
        "name text", _SIGNAL, _MESSAGE,
        "JOIN messages m ON m.job_id = n.job_id AND m.held AND m.kind = 'signal:' || n.name",
    ),
}  # fmt: skip
"""Of each part of a request: keys, and kind, columns and rows of the answer."""
_ANSWER = """
    SELECT {kind}, {columns}
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, {keys}) LIMIT %s) n {rows}
    """
_STATEMENTS = {
    part: (
        tuple(key.split()[0] for key in keys.split(", ")),
        _ANSWER.format(kind=kind, columns=columns, keys=keys, rows=rows),
    )
    for part, (keys, kind, columns, rows) in _PARTS.items()
}
_INSIDE = f"""
    WITH RECURSIVE scopes AS (
        SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, parent int) LIMIT %s
    ), tree AS (
        (SELECT s.job_id, s.id, s.status, s.waits_for, false AS goes_down FROM scopes n
         JOIN steps s ON s.job_id = n.job_id
         WHERE n.parent = 0 AND s.status IN ('pending', 'ready', 'running', 'suspended')
         UNION ALL
         SELECT s.job_id, s.id, s.status, s.waits_for, true FROM scopes n
         JOIN steps s ON {SCOPE}
         WHERE n.parent > 0 AND s.status IN ('pending', 'ready', 'running', 'suspended'))
        UNION ALL
        SELECT s.job_id, s.id, s.status, s.waits_for, true FROM tree t
        JOIN steps s ON (s.parent, s.job_id) >= (t.id, t.job_id) AND (s.parent, s.job_id) <= (t.id, t.job_id)
        WHERE t.goes_down AND t.status = 'running' AND t.waits_for IN ('steps', 'closing')
          AND s.status IN ('pending', 'ready', 'running', 'suspended')
    )
    """  # noqa: S608 - a constant
_LOCK_INSIDE = f"""
    {_INSIDE}
    SELECT FROM tree t JOIN steps s ON s.job_id = t.job_id AND s.id = t.id
    WHERE t.status = 'ready' AND s.status = 'ready' ORDER BY s.job_id, s.id FOR UPDATE OF s
    """
_READ_INSIDE = f"""
    {_INSIDE}
    SELECT {_STEP}, {_COLUMNS} FROM tree t JOIN steps s ON s.job_id = t.job_id AND s.id = t.id
    """  # noqa: S608 - constants


@attrs.define
class _Found:
    """Rows of a job by their kind. Steps that are found in several ways count once."""

    steps: dict[int, Step] = attrs.Factory(dict)
    outputs: dict[tuple[int, int], NodeResult] = attrs.Factory(dict)
    collected: dict[int, list[EndedStep]] = attrs.Factory(dict)
    visits: dict[tuple[int, int], int] = attrs.Factory(dict)
    signals: list[KeptSignal] = attrs.Factory(list)
    former: dict[int, Json] = attrs.Factory(dict)

    def add(self, kind: int, row: Iterable[Any]) -> None:
        """Adds a row."""
        values = dict(zip(_TYPES, row, strict=True))
        if kind == _STEP:
            self.steps[values["id"]] = Step(**values)
        elif kind == _OUTPUT:
            key = (values["parent"], values["node"])
            self.outputs[key] = NodeResult(status=values["status"], output=values["value"], error=values["error"])
        elif kind == _COLLECTED:
            step = EndedStep(id=values["id"], node=values["node"], item=values["item"], output=values["value"])
            self.collected.setdefault(values["parent"], []).append(step)
        elif kind == _VISITS:
            self.visits[values["parent"], values["node"]] = values["item"] + 1
        elif kind == _FORMER:
            self.former[values["id"]] = values["value"]
        else:
            self.signals.append(
                KeptSignal(
                    message=values["id"], name=values["status"], payload=values["value"], actor=values["waits_for"]
                )
            )

    def rows(self) -> Rows:
        """The answer. Signals stand in the order in which they were sent."""
        return Rows(
            steps=tuple(self.steps.values()),
            outputs=self.outputs,
            collected=self.collected,
            visits=self.visits,
            former=self.former,
            signals=sorted(self.signals, key=lambda signal: signal.message),
        )


async def load(connection: Connection, wanted: Mapping[uuid.UUID, Load]) -> dict[uuid.UUID, Rows]:
    """The rows for each job. Inputs are those of steps that wait for something.

    All in one statement, except for the steps `inside` scopes: ready ones among them are locked first, after which no
    claim can change any of them.
    """
    rows: list[Any] = []
    if (statement := loading(wanted)) is not None:
        (cursor,) = await send(connection, [statement])
        rows = await cursor.fetchall()
    if inside := [{"job_id": job_id, "parent": scope} for job_id, one in wanted.items() for scope in one.inside]:
        await execute(connection, _LOCK_INSIDE, records(inside))
        rows += await fetch(connection, _READ_INSIDE, records(inside))
    return loaded(wanted, rows)


async def load_all(connection: Connection, job_id: uuid.UUID) -> list[Step]:
    """All steps of a job, in the order of their ids."""
    query = f"SELECT {_STEP}, {_COLUMNS} FROM steps s WHERE s.job_id = %s ORDER BY s.id"  # noqa: S608 - constants
    return [*loaded([job_id], await fetch(connection, query, (job_id,)))[job_id].steps]


async def size_of(connection: Connection, job_id: uuid.UUID) -> tuple[int, int]:
    """The number of steps of a job, and of the bytes of their values and outputs as JSON text."""
    rows = await fetch(
        connection,
        f"""
        SELECT count(*), coalesce(sum(coalesce(octet_length(s.value::text), 0) +
                                      coalesce(octet_length({_OUTPUT_OF}::text), 0)), 0)::bigint
        FROM steps s WHERE s.job_id = %s
        """,  # noqa: S608 - a constant
        (job_id,),
    )
    return rows[0][0], rows[0][1]


def loading(wanted: Mapping[uuid.UUID, Load]) -> Statement | None:
    """The statement that answers all parts but `inside`. None if there are none."""
    parts: list[str] = []
    parameters: list[Any] = []
    for part, (names, sql) in _STATEMENTS.items():
        if keys := [
            {"job_id": job_id, **dict(zip(names, key if len(names) > 1 else (key,), strict=True))}
            for job_id, one in wanted.items()
            for key in getattr(one, part)
        ]:
            parts.append(f"({sql})")
            parameters += records(keys)
    return (" UNION ALL ".join(parts), parameters) if parts else None


def loaded(wanted: Collection[uuid.UUID], rows: Iterable[Any]) -> dict[uuid.UUID, Rows]:
    """The rows for each job."""
    found = {job_id: _Found() for job_id in wanted}
    for kind, job_id, *row in rows:
        found[job_id].add(kind, row)
    return {job_id: one.rows() for job_id, one in found.items()}
