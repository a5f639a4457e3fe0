"""Conditions that only one index of the table of steps offers.

With equality of `job_id`, the planner may choose the primary key, and read all steps of a job: while the table is
small, that costs the same, and plans are kept. Comparisons of rows that begin with another column do not fit that
index.
"""


def is_same(*columns: str, of: str = "n") -> str:
    """Condition: these columns, in the order of an index, are equal in the step `s` and in `of`."""
    own, others = ", ".join(f"s.{name}" for name in columns), ", ".join(f"{of}.{name}" for name in columns)
    return f"(({own}) >= ({others}) AND ({own}) <= ({others}))"


ADDRESS = is_same("parent", "job_id", "node", "item")
"""The step at an address."""
NODE = is_same("parent", "job_id", "node")
"""The visits of a node in a scope."""
SCOPE = is_same("parent", "job_id")
"""The steps directly inside a scope."""
WAITING = f"{is_same('waits_for', 'job_id')} AND s.waits_for NOT IN ('dependencies', 'turn', 'steps', 'closing')"
"""The steps of a job that wait for the same event."""
