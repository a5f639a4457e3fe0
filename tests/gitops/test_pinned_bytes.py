"""A job runs the bytes that it began with, however late a worker asks for them."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.gitops.site import SCRIPT, Site
from tests.support.git.repository import GitRepository
from tests.support.programs import STROEM, environment

pytestmark = [pytest.mark.xdist_group("gitops"), pytest.mark.slow("whole programs follow git servers")]

FLOW = f"""\
actions:
  say: {{type: script, source: {SCRIPT}, tags: [late]}}
tasks:
  speak: {{flow: {{one: {{action: say}}, two: {{action: say, depends_on: [one]}}}}}}
"""


def files(text: str) -> dict[str, bytes]:
    return {".workflows/main.yaml": FLOW.encode(), SCRIPT: f"echo {text}; cat said.txt\n".encode(), "said.txt": b"old"}


def start_late_worker(site: Site, folder: Path) -> "subprocess.Popen[bytes]":
    settings = {
        "server_url": site.up.address,
        "worker_token": (site.up.data / "worker-token").read_text().strip(),
        "worker_name": "late",
        "max_concurrent": 2,
        "poll_interval_secs": 1,
        "workspace_cache_dir": str(folder / "late"),
        "capabilities": ["script"],
        "tags": ["late"],
        "exclusive": True,
    }
    (folder / "late.yaml").write_text(yaml.safe_dump(settings))
    command = [*STROEM, "worker", "--config", str(folder / "late.yaml")]
    return subprocess.Popen(command, env=environment(), cwd=folder, stderr=subprocess.DEVNULL)


async def test_a_worker_that_comes_late_gets_the_files_of_the_jobs_release(
    site: Site, repository: GitRepository, tmp_path: Path
) -> None:
    commit = repository.commit(files("before"))
    await site.add(pinned={"url": str(repository.folder), "poll_interval_secs": 1})
    await site.until_at("pinned", commit)
    job = await site.start("pinned")
    await site.until_at("pinned", repository.commit(files("between")))
    await site.until_at("pinned", repository.commit({SCRIPT: b"echo after\n", "said.txt": None}, anew=False))
    repository.git("reflog", "expire", "--all", "--expire=now")
    repository.remove()  # nothing is asked of git any more
    newest = await site.start("pinned")
    worker = start_late_worker(site, tmp_path)
    try:
        logs, after = await site.logged(job), await site.logged(newest)
    finally:
        worker.terminate()
        worker.wait(30)
    assert logs.count("before") == 2
    assert logs.count("old") == 2
    assert "between" not in logs
    assert "after" not in logs
    assert after.count("after") == 2
    assert (await site.get(f"/api/jobs/{job}"))["revision"] == commit
