"""Sources of jobs that a client may see."""

from stroem.rights.reach import Reach, is_reached


def visible_source(source_type: str | None, source_id: str | None, workspace: str, reach: Reach | None) -> str | None:
    """The `source_id` of a job. That of a job that finds options has the task that asks: None if it is not reached."""
    if source_type != "options" or source_id is None:
        return source_id
    task = source_id.removeprefix(f"{workspace}/").rpartition("/")[0]
    return source_id if is_reached(reach, workspace, task) else None
