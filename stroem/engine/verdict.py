"""What a job has come to."""


def job_status(steps_open: int, steps_failed: int, cancel_reason: str | None) -> str | None:
    """The status of a job whose steps stand so; None while steps are open. `steps_failed` counts only those that
    were not to continue on failure."""
    if steps_open:
        return None
    if cancel_reason is not None:
        return "cancelled"
    return "failed" if steps_failed else "completed"
