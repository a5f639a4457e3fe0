"""A worker that uses every field of the worker protocol."""

from typing import Any

import attrs


@attrs.define(kw_only=True)
class Traveller:
    """A worker that asks with all that the protocol has."""

    server: Any
    worker_id: str

    async def ask(self, **more: Any) -> Any:
        body = {
            "worker_id": self.worker_id,
            "capabilities": ["script"],
            "tags": [],
            "max_steps": 4,
            "wait_secs": 0,
            **more,
        }
        return await self.server.ask_worker_api("jobs/claim", body)


def outcome(step: Any, **more: Any) -> dict[str, Any]:
    return {
        "job_id": step["job_id"],
        "step_name": step["step_name"],
        "attempt": step["attempt"],
        "exit_code": 0,
        **more,
    }


def chunk(step: Any, number: int, *lines: str) -> dict[str, Any]:
    data = "".join(
        f'{{"ts":"2026-01-01T00:00:00.000000Z","stream":"stdout","step":"{step["step_name"]}","line":"{line}"}}\n'
        for line in lines
    )
    return {
        "job_id": step["job_id"],
        "step_name": step["step_name"],
        "attempt": step["attempt"],
        "chunk": number,
        "lines": len(lines),
        "data": data,
    }
