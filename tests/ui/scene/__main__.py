"""`python -m tests.ui.scene`: makes a scene, prints its address as JSON, and keeps it running with `--serve`."""

import argparse
import asyncio
import json
import logging
import sys
import time
from pathlib import Path

from stroem.cli.program.shutdown import stop_requested
from tests.ui.scene.running_scene import scene


def main() -> None:
    """Reads the arguments and runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.ui.scene", description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, required=True, help="Everything is kept here; a former scene is deleted."
    )
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--port", type=int, default=0, help="0 is any free one.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="Go on with a former scene of that size.")
    parser.add_argument("--serve", action="store_true", help="Keep it running until a signal comes.")
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_run(parser.parse_args()))


async def _run(given: argparse.Namespace) -> None:
    begun = time.monotonic()
    with stop_requested() as stop:
        data = given.data_dir.absolute()
        async with scene(data, given.size, port=given.port, seed=given.seed, keep=given.keep, told=_tell) as running:
            _tell(f"{running.url} is ready after {time.monotonic() - begun:.1f} s")
            print(json.dumps({"address": running.url}), flush=True)
            if given.serve:
                await stop.event.wait()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
