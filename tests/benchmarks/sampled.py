"""Runs `stroem` with a sampling profiler: `python -m tests.benchmarks.sampled PREFIX ARGUMENTS…`.

SIGUSR1 begins, SIGUSR2 ends and writes `PREFIX.samples`. Each millisecond of processor time (as fine as the
kernel's clock allows) counts one stack of the main thread, so that waiting costs and counts nothing.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from stroem.cli.main import main

_INTERVAL_SECS = 0.001
_COUNTS: Counter[tuple[str, ...]] = Counter()


def _sample(number: int, frame: FrameType | None) -> None:
    stack = []
    while frame is not None:
        code = frame.f_code
        stack.append(f"{code.co_filename}:{code.co_firstlineno}:{code.co_qualname}")
        frame = frame.f_back
    _COUNTS[tuple(stack)] += 1


def _begin(number: int, frame: FrameType | None) -> None:
    _COUNTS.clear()
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL_SECS, _INTERVAL_SECS)


def _end(number: int, frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    prefix = Path(sys.argv[0])
    unfinished = prefix.with_suffix(".unfinished")
    unfinished.write_text(json.dumps([[count, stack] for stack, count in _COUNTS.items()]))
    unfinished.rename(prefix.with_suffix(".samples"))


if __name__ == "__main__":
    del sys.argv[0]  # what remains is PREFIX and stroem's own arguments
    sys.argv[0] = sys.argv[0]
    signal.signal(signal.SIGPROF, _sample)
    signal.signal(signal.SIGUSR1, _begin)
    signal.signal(signal.SIGUSR2, _end)
    main()
