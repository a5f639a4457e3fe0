"""A request, and its answer as the output of the step."""

import json
import sys
from typing import Any

from exchange import Answer, is_right, setting, until_right

MOST_OUTPUT_BYTES = 256 * 1024


def problem_of(answer: Answer) -> str | None:
    """What is not as it should be."""
    if not is_right(answer.status):
        return f"it answered {answer.status}, not {setting('STATUS')}: {' '.join(answer.text[:500].split())}"
    if len(answer.body) > MOST_OUTPUT_BYTES:
        return f"the body has more than {MOST_OUTPUT_BYTES // 1024} KiB, too much for the output of a step"
    return None


answer, attempts = until_right(problem_of)
output: dict[str, Any] = {
    "status": answer.status,
    "latency_ms": answer.latency_ms,
    "url": answer.url,
    "headers": answer.headers,
    "body": answer.text,
    "attempts": attempts,
}
if "json" in answer.headers.get("content-type", ""):
    try:
        output["json"] = json.loads(answer.body)
    except ValueError:
        sys.stderr.write("the answer says that it is JSON, which it is not\n")
sys.stdout.write(f"{answer.status} in {answer.latency_ms} ms\n")
sys.stdout.write(f"OUTPUT: {json.dumps(output)}\n")
