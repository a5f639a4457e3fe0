"""Runs `stroem` with a sampling profiler: `python -m tests.benchmarks.sampled PREFIX ARGUMENTS…`.

SIGUSR1 begins, SIGUSR2 ends and writes `PREFIX.samples`. Each millisecond of processor time (as fine as the
kernel's clock allows) counts one stack, so that waiting costs and counts nothing: that of the main thread, or
of the threads that work while the main thread waits.
"""

import json
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

from stroem.cli.main import main

_INTERVAL_SECS = 0.001
_WAITING = ("/threading.py", "/concurrent/futures/thread.py", "/queue.py", "/watchfiles/main.py")
_COUNTS: Counter[tuple[str, ...]] = Counter()


def _sample(number: int, frame: FrameType | None) -> None:
    if frame is not None and frame.f_code.co_name != "select":
        _COUNTS[_stack(frame)] += 1
        return
    me = threading.get_ident()
    for thread, other in sys._current_frames().items():
        if thread != me and not other.f_code.co_filename.endswith(_WAITING):
            _COUNTS[_stack(other)] += 1


def _stack(frame: FrameType | None) -> tuple[str, ...]:
    stack = []
    while frame is not None:
        code = frame.f_code
        stack.append(f"{code.co_filename}:{code.co_firstlineno}:{code.co_qualname}")
        frame = frame.f_back
    return tuple(stack)


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
    signal.signal(signal.SIGPROF, _sample)
    signal.signal(signal.SIGUSR1, _begin)
    signal.signal(signal.SIGUSR2, _end)
    main()
