"""A worker in a process of its own, for tests that kill it: the server's address, then the worker's directory."""

import asyncio
import sys
from pathlib import Path

from stroem.registry.registry import load_plugins
from stroem.settings.worker import WorkerSettings
from stroem.worker.worker import Worker

url, directory = sys.argv[1:]
settings = WorkerSettings(
    server_url=url,
    worker_token="t" * 32,
    worker_name="tester",
    max_concurrent=4,
    poll_interval_secs=0.1,
    workspace_cache_dir=Path(directory),
    capabilities=("script",),
)
asyncio.run(Worker(settings, load_plugins()).run())
