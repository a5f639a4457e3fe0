"""Changes of a job's history as text, one line each."""

from typing import Any

from stroem.cli.output.output import coloured, one_line, shown_time

_JOB = "-"


class HistoryPainter:
    """Formats changes as lines; columns grow to the widest cell so far."""

    def __init__(self) -> None:
        self._step = self._status = 0

    def paint(self, item: dict[str, Any]) -> str:
        """Time, step, status and cause; then attempt, wait, actor and detail."""
        step = one_line(item["step_name"] or _JOB)
        self._step, self._status = max(self._step, len(step)), max(self._status, len(item["status"]))
        gap = " " * (self._status - len(item["status"]))
        return f"{shown_time(item['at'])}  {step.ljust(self._step)}  {coloured(item['status'])}{gap}  {_told(item)}"


def _told(item: dict[str, Any]) -> str:
    remarks = [f"attempt {item['attempt']}"] if item["attempt"] > 1 else []
    if item["waits_for"]:
        remarks.append(f"waits for {item['waits_for']}")
    if item["actor"]:
        remarks.append(f"by {item['actor']}")
    told = item["cause"] + (f" ({', '.join(remarks)})" if remarks else "")
    return one_line(f"{told}: {item['detail']}" if item["detail"] else told)
