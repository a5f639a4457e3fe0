"""The consumers of docs/guides/event-sources.md run, and their events start jobs."""

import json
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, started

GUIDE = Page(DOCS / "guides/event-sources.md")
WORKFLOWS = {block.marks[-1]: block.text for block in GUIDE.blocks if "workflow" in block.marks}
COMMANDS = [line for block in GUIDE.blocks if block.language == "console" for line in block.text.splitlines()]
SQL = next(block.text for block in GUIDE.blocks if block.language == "sql")


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="stroem-docs-") as data:
        log = tmp_path / "app.log"
        log.write_text("first\n")
        workspace = tmp_path / "workspace"
        (workspace / ".workflows").mkdir(parents=True)
        tail = WORKFLOWS["tail"].replace("/var/log/app.log", str(log))
        listen = WORKFLOWS["listen"].replace("/srv/flows/.stroem", data)
        listen = listen.replace("/opt/stroem/.venv/bin/python", sys.executable)
        (workspace / ".workflows/tail.yaml").write_text(tail)
        (workspace / ".workflows/listen.yaml").write_text(listen)
        with started(["up", "--workspace", str(workspace), "--data-dir", data]) as address:
            reader = Replay(tmp_path, address)
            with psycopg.connect(f"postgresql://postgres@/postgres?host={data}/postgres", autocommit=True) as shop:
                shop.execute(SQL.encode())
                shop.execute("INSERT INTO orders (customer) VALUES ('Grace')")
                shop.execute("NOTIFY orders")
            with log.open("a") as file:
                file.write("second\n")
            reader.until(lambda: _inputs(reader, "handle-line") == ["first", "second"])
            reader.until(lambda: _inputs(reader, "handle-order") == ["Ada", "Grace"])
            for command in COMMANDS:
                printed = reader.shell(command.removeprefix("$ "))
                assert "Error" not in printed, f"{command}\n{printed}"
            assert "running since" in reader.shell("stroem trigger show log-lines")


def _inputs(reader: Replay, task: str) -> list[str]:
    """The texts in the inputs of the completed jobs of a task, in the order of their events."""
    jobs = json.loads(reader.shell(f"stroem jobs --task {task} -w default --json"))["items"]
    done = [job["job_id"] for job in jobs if job["status"] == "completed"]
    inputs = [json.loads(reader.shell(f"stroem status {job} --json"))["input"] for job in done]
    return sorted(str(one.get("line") or one.get("customer")) for one in inputs)
