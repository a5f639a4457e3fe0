"""The worker's token, out of reach of the steps that it runs."""

import asyncio
import base64
import ctypes
import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import STROEM
from tests.worker.scripted_server import TOKEN

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may start processes as another user")
OTHER = "nobody"
PR_CAPBSET_DROP = 24
LOOKING = {"SYS_PTRACE": 19, "SYS_ADMIN": 21, "PERFMON": 38}
"""Capabilities that let root look into other processes."""

SPY = r"""
part=@PART@
look() { what=$1; shift; if data=$("$@" 2>&1 | tr '\0' '\n'); then echo "$what $(verdict)"; fi; }
verdict() {
  case $data in (*"$part$part"*) echo found ;; (*denied*) echo denied ;; (*) echo nothing ;; esac
}
look environ cat /proc/$PPID/environ
look cmdline cat /proc/$PPID/cmdline
look mem head -c 1 /proc/$PPID/mem
look maps cat /proc/$PPID/maps
look fd ls -l /proc/$PPID/fd
look settings cat "$1"
echo own $(ls /proc/self/fd | tr '\n' ,) $(id -u) $(pwd)
echo x > made && echo x > "$TMPDIR/made"
""".replace("@PART@", TOKEN[:16])


def without_ptrace() -> None:
    """Drops the right to look into other processes, as container engines do for root."""
    for capability in LOOKING.values():
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="stroem-secrecy-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@asynccontextmanager
async def worker(site: Any, place: Path, *, user: str | None = None, may_ptrace: bool = True) -> AsyncIterator[Path]:
    """`stroem worker` in a process of its own, with the token in its environment; its settings file."""
    settings = {
        "server_url": site.server.url,
        "worker_token": TOKEN,
        "worker_name": "tester",
        "max_concurrent": 2,
        "poll_interval_secs": 1,
        "workspace_cache_dir": str(place / "cache"),
        "capabilities": ["script"],
        "runners": {"local": {"user": user} if user else {}},
    }
    (place / "cache").mkdir(mode=0o700)
    file = place / "worker-config.yaml"
    file.touch(mode=0o600)
    file.write_text(json.dumps(settings))
    process = await asyncio.create_subprocess_exec(
        *(*STROEM, "worker", "--config", str(file)),
        cwd=place,
        env={"STROEM__WORKER_TOKEN": TOKEN, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        preexec_fn=None if may_ptrace else without_ptrace,
    )
    try:
        yield file
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def offer_spy(server: Any, settings_file: Path) -> Any:
    """A step that looks for the token wherever its system would show it."""
    return server.offer(SPY, spec={"args": [str(settings_file)]})


async def looks(server: Any, key: Any) -> dict[str, str]:
    """The result of each look of a spy."""
    outcome = await server.outcome(key)
    assert outcome["exit_code"] == 0, outcome
    return dict(line.split(" ", 1) for line in server.lines(key, "stdout"))


async def test_a_step_of_the_same_user_does_not_get_the_token(site: Any, server: Any, place: Path) -> None:
    async with worker(site, place, may_ptrace=False) as settings_file:
        found = await looks(server, offer_spy(server, settings_file))
    assert found["environ"] == found["mem"] == found["maps"] == found["fd"] == "denied", found
    assert found["cmdline"] == "nothing"
    assert found["own"].startswith("0,1,2,3, ")  # the last is that of `ls` itself


@AS_ROOT
async def test_root_finds_no_token_in_the_environment(site: Any, server: Any, place: Path) -> None:
    async with worker(site, place) as settings_file:
        found = await looks(server, offer_spy(server, settings_file))
    assert found["environ"] == found["cmdline"] == found["fd"] == "nothing"


@AS_ROOT
async def test_steps_of_another_user_reach_nothing_of_the_worker(site: Any, server: Any, place: Path) -> None:
    async with worker(site, place, user=OTHER) as settings_file:
        for _ in range(2):  # the second may get the directories of the first
            found = await looks(server, offer_spy(server, settings_file))
            assert found["environ"] == found["mem"] == found["maps"] == found["fd"] == "denied"
            assert found["settings"] == "denied"
            assert found["cmdline"] == "nothing"
            descriptors, uid, directory = found["own"].split()
            assert (descriptors, int(uid)) == ("0,1,2,3,", pwd.getpwnam(OTHER).pw_uid)
            assert Path(directory).is_relative_to(place / "cache")
        shell = server.offer("id -un; echo $USER $HOME; ls ../.. 2>&1; ls ../../../workspaces 2>&1")
        await server.outcome(shell)
    name, account, *denied = server.lines(shell)
    assert (name, account) == (OTHER, f"{OTHER} {pwd.getpwnam(OTHER).pw_dir}")
    assert len(denied) == 2
    assert all("denied" in line for line in denied)


@AS_ROOT
async def test_steps_of_another_user_are_cancelled(site: Any, server: Any, place: Path) -> None:
    async with worker(site, place, user=OTHER):
        key = server.offer("echo ready; sleep 300 & wait")
        await server.until(lambda: server.lines(key) == ["ready"])
        server.cancel(key)
        assert (await server.outcome(key))["cancelled"]


async def test_a_token_that_a_step_knows_is_masked(site: Any, server: Any) -> None:
    halves = f"{TOKEN[:10]}' '{TOKEN[10:]}"
    script = f'set -- \'{halves}\'; echo "it is $1$2"; echo "OUTPUT: {{\\"v\\": \\"$1$2\\"}}"; echo $1$2 >&2; exit 1'
    encoded = base64.b64encode(TOKEN.encode()).decode()
    async with site.worker():
        key, other = server.offer(script), server.offer(f"echo {encoded}")
        outcome = await server.outcome(key)
        await server.outcome(other)
    assert server.lines(key, "stdout") == ["it is ••••••", 'OUTPUT: {"v": "••••••"}']
    assert server.lines(other) == ["••••••"]
    assert outcome["output"] == {"v": "••••••"}
    assert outcome["error"] == "Exit code: 1\nStderr: ••••••\n"


def test_the_token_is_masked_in_the_programs_own_log() -> None:
    script = """
import logging
from stroem.cli.program.logging import keep_out_of_log, start_log
start_log("info")
keep_out_of_log("s3cret-token-of-a-worker")
try:
    raise ValueError("no s3cret-token-of-a-worker")
except ValueError:
    logging.exception("it was %s", "s3cret-token-of-a-worker")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "it was ••••••" in done.stderr
    assert "ValueError: no ••••••" in done.stderr
    assert done.stderr.count("s3cret-token-of-a-worker") == 0
