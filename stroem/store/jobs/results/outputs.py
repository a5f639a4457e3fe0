"""Outputs of steps with their secrets; of scopes and jobs, collected from the steps inside or copied from others."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from stroem.definitions.values import Json
from stroem.engine.changes import Collect
from stroem.records.large_output import HIDES, KEY
from stroem.redaction.redactor import MARKER
from stroem.store.jobs.job_changes import JobChanges, Record
from stroem.store.jobs.results import large_outputs
from stroem.store.jobs.step_indexes import NODE, is_same
from stroem.store.statement import Connection, Statement, fetch, records

LARGE_BYTES = 1024 * 1024
"""The size of JSON text from which an output is large."""
_SMALL_BYTES = 256


def hides_secrets(steps: str) -> str:
    """The condition that the stored output of a step shows markers in place of secrets, itself or where it refers."""
    text = f"{steps}.output::text"
    return f"""coalesce(position('{MARKER}' IN {text}) > 0 OR {text} ~ '"{HIDES}" ?: ?true', false)"""


_SIZED = f"""
    s.output, s.full_output, s.id, s.job_id, octet_length(s.output::text) AS size,
    octet_length(s.output::text) > {_SMALL_BYTES}
        AND sum(octet_length(s.output::text)) OVER () > {LARGE_BYTES} AS refers
    """
_REFERENCE = f"""
    json_build_object('{KEY}', json_build_object(
        'job', s.job_id, 'step', s.id, 'size', s.size, '{HIDES}', s.full_output IS NOT NULL OR {hides_secrets("s")}))
    """
_OUTPUT = f"CASE WHEN s.refers THEN {_REFERENCE} ELSE coalesce(s.output, 'null') END"
_FULL = f"CASE WHEN s.refers THEN {_REFERENCE} ELSE coalesce(s.full_output, s.output, 'null') END"
_COLLECTED = {
    "map": f"""
        SELECT json_object_agg(s.name, {_OUTPUT} ORDER BY s.node) AS output,
               CASE WHEN bool_or(s.full_output IS NOT NULL)
                    THEN json_object_agg(s.name, {_FULL} ORDER BY s.node) END AS full_output
        FROM (SELECT n.name, s.node, {_SIZED}
              FROM (SELECT c.parent, c.job_id, key::int AS node, value AS name FROM json_each_text(c.nodes)) n
              CROSS JOIN LATERAL (
                SELECT s.node, s.output, s.full_output, s.id, s.job_id FROM steps s WHERE {NODE}
                ORDER BY s.parent DESC, s.job_id DESC, s.node DESC, s.item DESC LIMIT 1) s
              WHERE s.output IS NOT NULL) s
        """,  # noqa: S608 - constants
    "list": f"""
        SELECT coalesce(json_agg({_OUTPUT} ORDER BY s.item), '[]') AS output,
               CASE WHEN bool_or(s.full_output IS NOT NULL) THEN json_agg({_FULL} ORDER BY s.item) END AS full_output
        FROM (SELECT s.item, {_SIZED} FROM steps s WHERE {is_same("parent", "job_id", of="c")}) s
        """,  # noqa: S608 - constants
    "last": "SELECT s.output, s.full_output FROM steps s WHERE s.job_id = c.job_id AND s.id = c.source",
}
"""Outputs of more than a megabyte together are referred to, except for small ones."""
_COLLECTS = (
    "(SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, parent int, source int, nodes json) LIMIT %s) c"
)
_OF_SCOPE = """
    UPDATE steps t SET output = o.output, full_output = o.full_output
    FROM {collects} CROSS JOIN LATERAL ({collected}) o WHERE t.job_id = c.job_id AND t.id = c.parent
    """
_OF_JOB = """
    UPDATE jobs t SET output = o.output
    FROM {collects} CROSS JOIN LATERAL ({collected}) o WHERE t.id = c.job_id
    """
_COPY = """
    UPDATE steps t SET output = o.output, full_output = o.full_output
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, source_job uuid, source_step int) LIMIT %s) c
    CROSS JOIN LATERAL (
        SELECT s.output, s.full_output FROM steps s WHERE s.job_id = c.source_job AND s.id = c.source_step
        UNION ALL
        SELECT j.output, NULL FROM jobs j WHERE c.source_step = 0 AND j.id = c.source_job) o
    WHERE t.job_id = c.job_id AND t.id = c.step
    """


async def full_outputs(connection: Connection, job_id: uuid.UUID, nodes: Collection[int]) -> list[tuple[int, Json]]:
    """Node and output of the steps of these nodes whose outputs have secrets, which are kept until the job ends."""
    rows = await fetch(
        connection,
        f"""
        SELECT s.node, coalesce(l.body::json, s.full_output) FROM steps s
        LEFT JOIN large_outputs l ON l.job_id = s.job_id AND l.secret
            AND l.digest = CASE WHEN json_typeof(s.full_output) = 'object'
                                THEN s.full_output -> '{KEY}' ->> 'digest' END
        WHERE s.job_id = %s AND s.full_output IS NOT NULL AND s.node = ANY(%s)
        """,  # noqa: S608 - a constant
        (job_id, list(nodes)),
    )
    return [(row[0], row[1]) for row in rows]


def copying(jobs: Iterable[JobChanges]) -> Iterator[Statement]:
    """The statements that copy outputs from other jobs."""
    found = [(one.job_id, each.step, uuid.UUID(each.source_job), each) for one in jobs for each in one.changes.copies]
    if not found:
        return
    rows: list[Record] = [
        {"job_id": job_id, "step": step, "source_job": source, "source_step": each.source_step}
        for job_id, step, source, each in found
    ]
    yield _COPY, records(rows)
    yield large_outputs.copying({(job_id, source) for job_id, _, source, _ in found if source is not None})


def collecting(jobs: Iterable[JobChanges]) -> Iterator[Statement]:
    """The statements that collect outputs, inner scopes first."""
    waves: dict[tuple[int, bool, str], list[Record]] = defaultdict(list)
    for one in jobs:
        for wave, each in _in_waves(one):
            nodes = {str(node): name for node, name in each.nodes.items()}
            record = {"job_id": one.job_id, "parent": each.step, "source": each.source, "nodes": nodes}
            waves[(wave, each.step == 0, each.how)].append(record)
    for (_, of_job, how), found in sorted(waves.items(), key=lambda item: item[0]):
        template = _OF_JOB if of_job else _OF_SCOPE
        yield template.format(collects=_COLLECTS, collected=_COLLECTED[how]), records(found)


def _in_waves(one: JobChanges) -> Iterator[tuple[int, Collect]]:
    """The collects of a job with their waves: a scope comes after the scopes directly inside."""
    after: dict[int, int] = {}
    for each in one.changes.collects:
        wave = after.get(each.step, 0)
        parent = one.parent_of(each.step)
        if parent is not None:
            after[parent] = max(after.get(parent, 0), wave + 1)
        yield wave, each
