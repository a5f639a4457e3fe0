"""Import of the lists at their first use."""

import asyncio
import importlib
import threading

_LISTS = ("job_list", "worker_list", "event_list")
_IMPORTED = threading.Event()


async def import_lists() -> None:
    """Imports the lists in a thread, once; an import in a function after it takes no time.

    SQLAlchemy costs a process 15 MB and up to 0.3 s: no start of a program pays that, and the event loop runs on.
    """
    if not _IMPORTED.is_set():
        await asyncio.to_thread(_import)


def _import() -> None:
    for name in _LISTS:
        importlib.import_module(f"stroem.store.lists.{name}")
    _IMPORTED.set()
