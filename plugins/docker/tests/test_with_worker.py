"""A worker with an engine: what containers and the worker have of each other's files."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.docker_engine import IMAGE, DockerEngine
from tests.worker.conftest import Site
from tests.worker.scripted_server import REVISION, ScriptedServer, tar_gz

AS_ROOT = {"user": "0", "capabilities": ["DAC_OVERRIDE", "CHOWN", "FOWNER"]}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A scripted server with a file in its workspace."""
    scripted = ScriptedServer()
    scripted.tarballs = {("w", REVISION): tar_gz({"file": b"original", "sub/run.sh": b"#!/bin/sh\necho ran $1\n"})}
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
def site(server: ScriptedServer, tmp_path: Path) -> Site:
    """The server with a directory for workers."""
    return Site(server, tmp_path / "cache")


def settings(engine: DockerEngine, **more: Any) -> dict[str, Any]:
    """Those of a worker with containers."""
    return {"capabilities": ("docker",), "runners": {"docker": {"host": engine.address, "network": "none", **more}}}


def script(server: ScriptedServer, text: str | None, *, options: dict[str, Any] | None = None, **spec: Any) -> Any:
    """Offers a script to run in a container."""
    return server.offer(text, runner="docker", spec={"image": IMAGE, "options": options or {}, **spec})


async def test_a_step_changes_no_files_but_its_own(site: Site, server: ScriptedServer, engine: DockerEngine) -> None:
    async with site.worker(**settings(engine)):
        forge = "t=$(stat -c %Y file); printf tampered > file; truncate -s 8 file; touch -d @$t file . sub; cat file"
        first = script(server, forge, options=AS_ROOT)
        assert (await server.outcome(first))["exit_code"] == 0
        assert server.lines(first, "stdout") == ["tampered"]
        second = script(server, "cat file; echo; ls")
        await server.outcome(second)
        assert server.lines(second, "stdout") == ["original", "file", "sub"]
        (cached,) = (site.directory / "tester" / "workspaces").rglob("file")
        assert cached.read_text() == "original"


async def test_links_that_a_step_leaves_lead_nowhere(
    site: Site, server: ScriptedServer, engine: DockerEngine, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text('{"stolen": true}')
    async with site.worker(**settings(engine)):
        output = script(server, f"ln -s {secret} $STROEM_OUTPUT")
        assert "output" not in await server.outcome(output)
        artifact = script(server, f"ln -s {secret} $ARTIFACTS_DIR/a; echo done")
        assert (await server.outcome(artifact))["exit_code"] == 0
        assert any("it is a link, or no file" in line for line in server.lines(artifact))


async def test_outputs_and_sources(site: Site, server: ScriptedServer, engine: DockerEngine) -> None:
    async with site.worker(**settings(engine)):
        written = script(server, "echo '{\"n\": 1}' > $STROEM_OUTPUT; echo 'OUTPUT: {\"m\": 2}'")
        assert (await server.outcome(written))["output"] == {"n": 1, "m": 2}
        source = script(server, None, source="sub/run.sh", args=["twice"])
        await server.outcome(source)
        assert server.lines(source) == ["ran twice"]
        long = script(server, "#" * 200_000 + "\necho long $0")
        assert (await server.outcome(long))["exit_code"] == 0
        wrong = script(server, "true", options={"network": ["a"], "pull": "sometimes"})
        assert "The options of the action are not valid" in (await server.outcome(wrong))["error"]
        python = script(server, "print(1)", language="python")
        assert "The image has no python3 or python." in (await server.outcome(python))["error"]


@pytest.mark.usefixtures("lost_sockets")
@pytest.mark.filterwarnings("ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning")
async def test_an_engine_that_is_away_is_a_reason_in_words(site: Site, server: ScriptedServer, tmp_path: Path) -> None:
    gone = {"host": f"unix://{tmp_path}/gone"}
    async with site.worker(capabilities=("script", "docker"), runners={"docker": gone}):
        await server.outcome(server.offer("true"))
    (reason,) = server.registrations[0]["missing"].values()
    assert reason == f"The container engine at unix://{tmp_path}/gone cannot be reached: No such file or directory"


async def test_scripts_and_containers_of_a_job_share_its_folder(
    site: Site, server: ScriptedServer, engine: DockerEngine
) -> None:
    job = {"job_id": str(uuid.uuid4())}
    job["volume"] = job["job_id"]
    async with site.worker(**{**settings(engine), "capabilities": ("script", "docker")}):
        first = server.offer("echo from the host > made", step_id=1, **job)
        assert (await server.outcome(first))["exit_code"] == 0
        text = "cat made file; echo; echo from a container > made"
        spec = {"image": IMAGE, "options": {"user": "1234:1234"}}
        second = server.offer(text, runner="docker", step_id=2, spec=spec, **job)
        assert (await server.outcome(second))["exit_code"] == 0
        assert server.lines(second) == ["from the host", "original"]
        image = {"type": "docker", "image": IMAGE, "command": ["cat", "/workspace/made"]}
        third = server.offer(None, runner="docker", step_id=3, spec=image, action_type="docker", **job)
        assert (await server.outcome(third))["exit_code"] == 0
        assert server.lines(third) == ["from a container"]
        as_root = {"image": IMAGE, "options": AS_ROOT}
        fourth = server.offer(
            "rm made; echo by root > made; chmod 600 made", runner="docker", step_id=4, spec=as_root, **job
        )
        assert (await server.outcome(fourth))["exit_code"] == 0
        fifth = server.offer("ls", runner="docker", step_id=5, spec=spec, **job)
        assert (await server.outcome(fifth))["exit_code"] == 0
        assert server.lines(fifth) == ["file", "made", "sub"]
