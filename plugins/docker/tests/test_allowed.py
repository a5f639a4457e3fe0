"""What steps may have of the host: nothing that the worker's owner has not allowed."""

import re
from pathlib import Path
from typing import Any

import pytest

from plugins.docker.tests.steps import Steps
from stroem.definitions.action import Resources
from stroem.interfaces.runner import RunnerFailed
from stroem_docker.allowed import Allowed
from stroem_docker.options import ContainerOptions
from stroem_docker.runner import DockerRunner
from tests.support.docker_engine import DockerEngine


def refused(allowed: Allowed, *, image: str = "alpine", gpus: int = 0, **options: Any) -> str:
    """What is refused; empty if nothing is."""
    try:
        allowed.check(image, ContainerOptions(**options), gpus)
    except (RunnerFailed, ValueError) as failure:
        return str(failure)
    return ""


@pytest.mark.parametrize(
    "options",
    [
        {"volumes": ("/:/host",)},
        {"volumes": ("/etc:/e:ro",)},
        {"volumes": ("data:/d",)},
        {"volumes": ("/var/run/docker.sock:/s",)},
        {"network": "host"},
        {"network": "container:other"},
        {"network": "mine"},
        {"runtime": "runsc"},
        {"capabilities": ("SYS_ADMIN",)},
        {"capabilities": ("cap_net_raw",)},
        {"capabilities": ("ALL",)},
        {"privileged": True},
        {"gpus": 1},
    ],
)
def test_by_default_nothing_of_the_host_is_allowed(options: dict[str, Any]) -> None:
    assert "This worker does not allow " in refused(Allowed(), **options)


def test_what_harms_nobody_is_allowed() -> None:
    assert refused(Allowed(), network="none", capabilities=("chown", "CAP_SETUID"), writable=True, user="root") == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"volumes": ("data",)}, "the volume 'data' is not SOURCE:TARGET or SOURCE:TARGET:ro"),
        ({"volumes": ("./data:/d",)}, "the volume './data:/d' is not"),
        ({"volumes": ("data:d",)}, "the volume 'data:d' is not"),
        ({"volumes": ("data:/d:rx",)}, "the volume 'data:/d:rx' is not"),
        ({"volumes": ("a", "b:/b"), "capabilities": ("X_Y",)}, "absolute path; 'X_Y' is no capability of Linux"),
        ({"capabilities": ("NET_ADMN",)}, "'NET_ADMN' is no capability of Linux; did you mean 'NET_ADMIN'?"),
    ],
)
def test_what_no_worker_takes_is_refused_with_the_action(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        ContainerOptions(**options)


def test_templates_in_options_are_left_to_the_start() -> None:
    ContainerOptions(volumes=("{{ input.volume }}:d",), capabilities=("{{ input.capability }}",))


def test_all_that_is_refused_is_told() -> None:
    told = refused(Allowed(images=("ok/*",)), image="bad", volumes=("/a:/b",), privileged=True)
    assert told == (
        "This worker does not allow the image 'bad'; the volume '/a:/b'; privileged containers. "
        "Its owner allows it under `runners.docker.allow`."
    )


@pytest.mark.parametrize(
    ("volume", "is_allowed"),
    [
        ("/srv/data:/d", True),
        ("/srv/data/:/d", True),
        ("/srv/data/deep/er:/d", True),
        ("/srv/data/../../etc:/d", False),
        ("/srv/data/./x:/d", False),
        ("//srv/data:/d", False),
        ("/srv/database:/d", False),
        ("/srv:/d", False),
        ("pip-cache:/d", True),
        ("pip-cache/..:/d", False),
        ("../etc:/d", False),
        (".:/d", False),
        ("/srv/data/docker.sock:/d", False),
        ("/run/named/docker.sock:/d", True),
    ],
)
def test_folders_of_the_host(volume: str, is_allowed: bool) -> None:
    allowed = Allowed(volumes=("/srv/data", "/srv/data/*", "pip-*", "/run/named/docker.sock"))
    assert (refused(allowed, volumes=(volume,)) == "") is is_allowed


def test_a_link_leads_only_to_what_is_allowed_too(tmp_path: Path) -> None:
    shared, secret = tmp_path / "shared", tmp_path / "secret"
    shared.mkdir()
    secret.mkdir()
    (shared / "link").symlink_to(secret)
    (shared / "inner").mkdir()
    (shared / "short").symlink_to("inner")
    allowed = Allowed(volumes=(f"{shared}/*",))
    assert refused(allowed, volumes=(f"{shared}/link:/x",))
    assert refused(allowed, volumes=(f"{shared}/link/below:/x",))
    assert not refused(allowed, volumes=(f"{shared}/short:/x",))
    assert not refused(Allowed(volumes=(f"{shared}/*", str(secret))), volumes=(f"{shared}/link:/x",))


@pytest.mark.parametrize("network", ["host", "container:other"])
def test_namespaces_of_others_have_to_be_named(network: str) -> None:
    assert refused(Allowed(networks=("*",)), network=network)
    assert not refused(Allowed(networks=("*", network)), network=network)
    assert not refused(Allowed(networks=("*",)), network="mine")


def test_what_is_allowed_by_name() -> None:
    allowed = Allowed(runtimes=("runsc",), capabilities=("NET_RAW",), gpus=True, privileged=True, images=("r.org/*",))
    assert not refused(
        allowed, image="r.org/a/b:1", gpus=-1, runtime="runsc", capabilities=("net_raw",), privileged=True
    )
    assert refused(allowed, image="r.org.evil.org/a")


async def test_a_step_gets_an_allowed_folder(steps: Steps, engine: DockerEngine, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "file").write_text("shared\n")
    async with Steps(engine.address, tmp_path / "b", allow=Allowed(volumes=(str(shared),))) as allowed:
        options = ContainerOptions(volumes=(f"{shared}:/shared:ro",))
        ended = await allowed.run("cat /shared/file; touch /shared/x", options=options)
        assert ended.stdout == "shared\n"
        assert "Read-only file system" in ended.stderr
        with pytest.raises(RunnerFailed, match="is not SOURCE:TARGET"):
            await allowed.run("true", options=ContainerOptions(volumes=(f"{shared}:{{{{relative",)))
    with pytest.raises(RunnerFailed, match="does not allow the volume"):
        await steps.run("true", options=options)


async def test_nothing_of_the_host_is_visible(steps: Steps) -> None:
    script = "cut -d' ' -f5 /proc/self/mountinfo; ls /dev; hostname; ps | wc -l; ip -o link | wc -l"
    found = (await steps.run(script)).stdout.split()
    own = [mount for mount in found if mount.startswith("/") and not mount.startswith(("/proc", "/sys", "/dev"))]
    assert sorted(own) == [
        "/", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/sbin/docker-init", "/tmp", "/workspace",
    ]  # fmt: skip
    assert not {"sda", "vda", "kmsg", "mem"} & set(found)
    assert int(found[-2]) < 10, "the processes of the container alone"
    assert found[-1] == "1", "no interface but its own loopback"


async def test_gpus_and_runtimes_that_the_engine_lacks_are_told(engine: DockerEngine, tmp_path: Path) -> None:
    allow = Allowed(gpus=True, runtimes=("absent",))
    async with Steps(engine.address, tmp_path, allow=allow) as steps:
        with pytest.raises(RunnerFailed, match=r"cannot be (made|started): .*(gpu|GPU)"):
            await steps.run("true", resources=Resources(gpus=1))
        with pytest.raises(RunnerFailed, match=r"cannot be (made|started): .*absent"):
            await steps.run("true", options=ContainerOptions(runtime="absent"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "unix:///x", "context": "y"}, "`host` and `context` both name an engine"),
        ({"tls_cert": "x"}, "`tls_cert` and `tls_key` go together"),
    ],
)
def test_settings_that_exclude_each_other(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DockerRunner(**settings)
