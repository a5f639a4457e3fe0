"""Triggers of a site: schedules, outcomes of the jobs that these start, and files of a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

TICKING = ("first", "second", "third")
"""Schedules with a time in every second."""
IN_A_ROW = 3
_WORKFLOWS = """\
tasks:
  tick:
    flow:
      note:
        type: script
        script: echo $STROEM_JOB_ID {{ trigger.name }} {{ trigger.scheduled_at }} >> JOURNAL/tick
  follow:
    flow:
      note: { type: script, script: "echo $STROEM_JOB_ID {{ trigger.job.id }} >> JOURNAL/follow" }
  row:
    flow:
      note: { type: script, script: "echo $STROEM_JOB_ID {{ trigger.jobs | length }} >> JOURNAL/row" }
  store:
    flow:
      note: { type: script, script: "echo $STROEM_JOB_ID {{ input.file.name }} >> JOURNAL/store" }

triggers:
  follow-ticks:
    type: job_outcome
    task: follow
    on: { task: tick, status: [completed, failed] }
  rows-of-ticks:
    type: job_outcome
    task: row
    on: { task: tick, status: [completed, failed], for: IN_A_ROW in a row }
  inbox:
    type: files
    task: store
    path: INBOX
    poll: 1s
    settle: 1s
    existing: fire
"""
_SCHEDULE = """\
  NAME:
    type: scheduler
    task: tick
    cron: "* * * * * *"
    catch_up: all
    enabled: ENABLED
"""


def write_triggers(folder: Path, journal: Path, inbox: Path, *, ticks: bool) -> None:
    """Writes the tasks and triggers into a workspace; with `ticks`, the schedules fire."""
    text = _WORKFLOWS
    for name in TICKING:
        text += _SCHEDULE.replace("NAME", name).replace("ENABLED", "true" if ticks else "false")
    for word, value in (("JOURNAL", journal), ("INBOX", inbox), ("IN_A_ROW", IN_A_ROW)):
        text = text.replace(word, str(value))
    inbox.mkdir(exist_ok=True)
    (folder / ".workflows" / "triggers.yaml").write_text(text)


def noted(journal: Path, task: str) -> Mapping[str, Sequence[str]]:
    """What the scripts of a task have noted, by id of the job; a step that ran twice has noted twice."""
    file = journal / task
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        job_id, _, rest = line.partition(" ")
        found.setdefault(job_id, []).append(rest)
    return found
