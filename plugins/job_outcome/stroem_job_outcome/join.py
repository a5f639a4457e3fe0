"""Joins: the last outcomes of several tasks, until each of them has one."""

import datetime
from collections.abc import Mapping

from stroem.definitions.values import Json
from stroem.interfaces.triggers.job_trigger import EndedJob
from stroem_job_outcome.facts import job_facts

Parts = dict[str, dict[str, Json]]
"""Facts of jobs by workspace and task."""


def parts_after(ended: EndedJob, *, counts: bool, within: int | None, memory: Json) -> Parts:
    """The outcomes that wait, after the end of a job of one of the tasks; the last one of each counts.

    An outcome that does not count takes back that of its task. Those that ended more than `within` seconds before are
    left out.
    """
    parts = parts_in(memory)
    parts.pop(task_key(ended.workspace, ended.task), None)
    if counts:
        parts[task_key(ended.workspace, ended.task)] = job_facts(ended)
    if within is None:
        return parts
    earliest = ended.completed_at - datetime.timedelta(seconds=within)
    return {key: facts for key, facts in parts.items() if _ended_at(facts) >= earliest}


def task_key(workspace: str, task: str) -> str:
    """The key of a task in memories."""
    return f"{workspace}/{task}"


def parts_in(memory: Json) -> Parts:
    """The outcomes of a memory; none in that of another definition."""
    parts = memory.get("parts") if isinstance(memory, Mapping) else None
    if not isinstance(parts, Mapping):
        return {}
    return {str(key): dict(facts) for key, facts in parts.items() if isinstance(facts, Mapping) and _is_timed(facts)}


def _is_timed(facts: Mapping[str, Json]) -> bool:
    try:
        return _ended_at(facts).tzinfo is not None
    except ValueError:
        return False


def _ended_at(facts: Mapping[str, Json]) -> datetime.datetime:
    return datetime.datetime.fromisoformat(str(facts.get("completed_at")))
