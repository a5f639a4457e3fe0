"""Log lines that the server writes itself."""

import datetime
import uuid

import orjson

from stroem.orchestrator.logs.appender import LogChunk
from stroem.orchestrator.plans.step_names import SERVER_STEP_NAME
from stroem.store.logs.logs import SERVER_STEP


def note_line(step: str, text: str) -> bytes:
    """A line of JSONL with the current time."""
    now = datetime.datetime.now(datetime.UTC)
    line = {"ts": now.isoformat().replace("+00:00", "Z"), "stream": "stderr", "step": step, "line": text}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def server_line(job_id: uuid.UUID, text: str) -> LogChunk:
    """A line of the step `_server`: the server's own actions on a job."""
    data = note_line(SERVER_STEP_NAME, " ".join(text.splitlines()))
    return LogChunk(job_id=job_id, step=SERVER_STEP, lines=1, data=data, is_clean=True, by_server=True)
