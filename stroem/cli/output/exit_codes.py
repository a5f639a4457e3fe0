"""Exit codes of the program.

2 is wrong usage, as in click; for `stroem plan` it means that the revision changes something, as in `terraform plan`.
130 is an interruption by the user.
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
"""Exit code by final status of a job."""
