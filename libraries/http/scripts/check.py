"""Is an address as it should be?"""

import json
import re
import sys

from exchange import Answer, fail, is_right, number, setting, until_right

slowest, least_days = number("MAX_LATENCY_MS", 0, 3_600_000), number("MIN_TLS_DAYS", 0, 10_000)
try:
    pattern = re.compile(setting("MATCHES"))
except re.error as error:
    fail(f"`matches` is no regular expression: {error}")


def problem_of(answer: Answer) -> str | None:
    """What is not as it should be."""
    if not is_right(answer.status):
        return f"it answered {answer.status}, not {setting('STATUS')}"
    if setting("CONTAINS") not in answer.text:
        return "the body does not hold what `contains` says"
    if not pattern.search(answer.text):
        return "nothing in the body matches what `matches` says"
    if slowest and answer.latency_ms > slowest:
        return f"it took {answer.latency_ms} ms, longer than {slowest}"
    if least_days and answer.tls_days is None:
        return "it has no certificate, since the address begins with http://"
    if answer.tls_days is not None and answer.tls_days < least_days:
        return f"its certificate ends in {answer.tls_days} days, less than {least_days}"
    return None


answer, attempts = until_right(problem_of)
output = {
    "status": answer.status,
    "latency_ms": answer.latency_ms,
    "url": answer.url,
    "tls_days": answer.tls_days,
    "attempts": attempts,
}
sys.stdout.write(f"{answer.status} in {answer.latency_ms} ms\n")
sys.stdout.write(f"OUTPUT: {json.dumps(output)}\n")
