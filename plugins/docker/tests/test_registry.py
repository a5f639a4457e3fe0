"""Pulls from a registry with TLS and a password."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.docker.tests.registry import PASSWORD, USER, Registry, registry
from plugins.docker.tests.steps import Steps
from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import RunnerFailed
from stroem_docker import images
from stroem_docker.options import ContainerOptions, RegistryAuth
from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine
from tests.support.ended_step import EndedStep

AUTH = RegistryAuth(username=USER, password=PASSWORD)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The registry."""
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def trusting(hub: Registry) -> Iterator[DockerEngine]:
    """An engine that trusts the registry's authority, and has filled the registry."""
    with docker_engine(env={"SSL_CERT_FILE": str(hub.authority.bundle)}) as engine:
        with engine.client() as client:
            client.tag(IMAGE, f"{hub.address}/team/tool", "1")
            account = {"username": USER, "password": PASSWORD}
            for event in client.push(f"{hub.address}/team/tool", "1", auth_config=account, stream=True, decode=True):
                assert "error" not in event, event
        yield engine


@pytest.fixture
def image(hub: Registry, trusting: DockerEngine) -> str:
    """The image's name; the engine does not have it."""
    name = f"{hub.address}/team/tool:1"
    forget(trusting)
    return name


@pytest.fixture
async def steps(trusting: DockerEngine, tmp_path: Path) -> AsyncIterator[Steps]:
    """Steps in that engine."""
    async with Steps(trusting.address, tmp_path) as steps:
        yield steps


def forget(engine: DockerEngine) -> None:
    """Removes all images."""
    with engine.client() as client:
        for one in client.images(quiet=True):
            client.remove_image(one, force=True)


def options(**more: Any) -> ContainerOptions:
    return ContainerOptions(**{"registry_auth": AUTH, **more})


async def test_an_image_is_pulled_with_an_account_and_its_progress_is_told(
    steps: Steps, image: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ended = await steps.run("echo pulled", image=image, options=options())
    assert ended.stdout == "pulled\n"
    first, last = ended.notes
    assert first == f"Pulling {image} ..."
    assert last.startswith(f"Pulled {image} in ")
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(options())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"registry_auth": RegistryAuth(username=USER, password="wrong-password")}, "unauthorized"),
        ({"registry_auth": None}, "no basic auth credentials"),
    ],
)
async def test_a_refused_account_is_told_at_once(
    steps: Steps, image: str, changes: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    steps.output_notes.clear()
    with pytest.raises(RunnerFailed, match=f"The image '{image}' cannot be pulled: .*{words}") as told:
        await steps.run("true", image=image, options=options(**changes))
    assert steps.output_notes == [f"Pulling {image} ..."], "no second try"
    assert "wrong-password" not in caplog.text + str(told.value)


@pytest.mark.parametrize("name", ["team/absent:1", "team/tool:absent", "team/tool@sha256:" + "0" * 64])
async def test_an_image_that_is_not_there_is_told_at_once(steps: Steps, hub: Registry, image: str, name: str) -> None:
    steps.output_notes.clear()
    with pytest.raises(RunnerFailed, match=r"cannot be pulled: .*(not found|manifest unknown)"):
        await steps.run("true", image=f"{hub.address}/{name}", options=options())
    assert len(steps.output_notes) == 1


async def test_policies(steps: Steps, image: str) -> None:
    with pytest.raises(RunnerFailed, match=r"is not on this worker, and `pull: never` forbids a pull"):
        await steps.run("true", image=image, options=options(pull="never"))
    assert await pulls(steps, image, "missing")
    assert not await pulls(steps, image, "missing")
    assert not await pulls(steps, image, "never")
    assert await pulls(steps, image, "always")


async def pulls(steps: Steps, image: str, policy: str) -> bool:
    return bool((await steps.run("true", image=image, options=options(pull=policy))).notes)


async def test_a_digest_names_an_image(steps: Steps, trusting: DockerEngine, image: str) -> None:
    await steps.run("true", image=image, options=options())
    with trusting.client() as client:
        (pinned,) = client.inspect_image(image)["RepoDigests"]
    forget(trusting)
    ended = await steps.run("echo same", image=pinned, options=options())
    assert (ended.stdout, ended.notes[0]) == ("same\n", f"Pulling {pinned} ...")
    assert not (await steps.run("true", image=pinned, options=options())).notes


async def test_steps_that_wait_for_one_image_share_a_pull(steps: Steps, hub: Registry, image: str) -> None:
    before = manifests(hub)
    await steps.run("true", image=image, options=options(pull="always"))
    of_one = manifests(hub) - before
    before = manifests(hub)
    ended: list[EndedStep] = await asyncio.gather(
        *(steps.run("echo hi", image=image, options=options(pull="always")) for _ in range(8))
    )
    assert 0 < manifests(hub) - before <= of_one
    assert all(one.stdout == "hi\n" and one.notes for one in ended)


def manifests(hub: Registry) -> int:
    """How often the manifest of the image was asked for."""
    return hub.log().count("/v2/team/tool/manifests/")


async def test_a_step_that_is_cancelled_does_not_end_the_pull_of_another(steps: Steps, image: str) -> None:
    one = asyncio.create_task(steps.run("true", image=image, options=options()))
    other = asyncio.create_task(steps.run("echo hi", image=image, options=options()))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.wait({one})
    assert one.cancelled()
    assert (await other).stdout == "hi\n"


async def test_a_registry_that_is_away_is_tried_again(
    steps: Steps, hub: Registry, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "BACKOFF", Backoff(first_secs=0.01, longest_secs=0.01))
    steps.output_notes.clear()
    hub.stop()
    try:
        with pytest.raises(RunnerFailed, match=r"cannot be pulled: .*connection refused"):
            await steps.run("true", image=image, options=options())
    finally:
        hub.start()
    again = [note for note in steps.output_notes if "trying again" in note]
    assert len(again) == images.TRIES - 1
    assert (await steps.run("echo back", image=image, options=options())).stdout == "back\n"


async def test_a_certificate_that_is_not_trusted_is_told_at_once(
    engine: DockerEngine, image: str, tmp_path: Path
) -> None:
    async with Steps(engine.address, tmp_path) as doubtful:
        with pytest.raises(RunnerFailed, match=r"cannot be pulled: .*certificate signed by unknown authority"):
            await doubtful.run("true", image=image, options=options())
        assert len(doubtful.output_notes) == 1


@pytest.mark.slow("starts and stops whole programs")
def test_a_job_pulls_with_the_account_of_a_connection(trusting: DockerEngine, image: str, tmp_path: Path) -> None:
    account = {"username": "{{ input.hub.username }}", "password": "{{ input.hub.password }}"}
    options = {"network": "none", "registry_auth": account}
    step = {
        "type": "shell",
        "image": image,
        "cmd": "echo {{ input.hub.password }}",
        "options": options,
        "input": {"hub": "{{ input.hub }}"},
    }
    workflows = {
        "secrets": {"hub": {"password": PASSWORD}},
        "connection_types": {"registry": {"username": {"required": True}, "password": {"secret": True}}},
        "connections": {"hub": {"type": "registry", "username": USER, "password": "{{ secret.hub.password }}"}},
        "tasks": {"pull": {"input": {"hub": {"type": "registry", "default": "hub"}}, "flow": {"pull": step}}},
    }
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "pull.yaml").write_text(yaml.safe_dump(workflows))
    ran = subprocess.run(
        [Path(sys.executable).with_name("stroem"), "run", "pull", "--path", tmp_path],
        env={**os.environ, "DOCKER_HOST": trusting.address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"Pulled {image} in " in ran.stdout + ran.stderr
    assert PASSWORD not in ran.stdout + ran.stderr
