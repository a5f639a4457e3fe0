"""Exit codes of the program. 2 is wrong usage, as click has it, and of `stroem plan` that something would change, as
such tools have it; 130 is an interruption by the user.
"""

OK = 0
FAILED = 1
USAGE = 2
CHANGED = 2
CANCELLED = 3
SKIPPED = 4
REFUSED = 5
UNREACHABLE = 6
TIMED_OUT = 7
INTERRUPTED = 130

TERMINAL = {"completed": OK, "failed": FAILED, "cancelled": CANCELLED, "skipped": SKIPPED}
"""Statuses after which a job changes no more, with the exit code that each becomes."""
