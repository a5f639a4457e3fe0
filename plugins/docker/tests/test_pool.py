"""Steps that take containers which were ready before them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from plugins.docker.tests.pooled import PooledSteps
from plugins.docker.tests.steps import Steps, make_action
from plugins.docker.tests.test_leftovers import MARK
from stroem.definitions.action import Resources
from stroem.interfaces.runner import StepMark
from stroem.testing.collected_output import CollectedOutput
from stroem_docker import member as member_module
from stroem_docker import pool as pool_module
from stroem_docker import pools as pools_module
from stroem_docker.options import ContainerOptions
from stroem_docker.pool_settings import PoolSettings
from stroem_docker.runner import DockerRunner
from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine
from tests.support.wait import eventually

WORDS = "stroem-test/words:1"
SCRIPTS = PoolSettings(image=IMAGE)


@pytest.fixture
async def steps(engine: DockerEngine, tmp_path: Path) -> AsyncIterator[PooledSteps]:
    """Scripts of the image of tests, with a container that is ready."""
    async with PooledSteps(engine.address, tmp_path) as steps:
        yield steps


async def test_each_step_has_a_container_of_its_own(steps: PooledSteps, engine: DockerEngine) -> None:
    names = {await steps.serves("hostname; ls -A /tmp /workspace; touch /tmp/a /workspace/b") for _ in range(3)}
    assert len(names) == 3
    assert {name.partition("\n")[2] for name in names} == {"/tmp:\n\n/workspace:\n"}
    await steps.pooled.all_ready()
    assert len(engine.containers()) == 1


async def test_a_container_that_is_paused_gives_its_step_to_one_of_the_steps_own(
    steps: PooledSteps, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_module, "BEGIN_SECS", 0.2)
    await steps.pooled.all_ready()
    with engine.client() as client:
        (paused,) = [one["Id"] for one in client.containers()]
        client.pause(paused)
        ended = await steps.run("echo up")
        assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "up\n", "")
        assert steps.pooled.unserved == 1
        assert paused not in [one["Id"] for one in client.containers(all=True)]


async def test_nothing_of_a_step_is_in_the_configuration_of_its_container(
    steps: PooledSteps, engine: DockerEngine, tmp_path: Path
) -> None:
    order = steps.order(ContainerOptions(), make_action("echo up; sleep 600"), {"TOKEN": "hush-7"})
    output = CollectedOutput()
    running = asyncio.create_task(steps.runner.run(attrs.evolve(order, mark=MARK), output))
    await output.until("stdout", b"up\n")
    with engine.client() as client:
        (name,) = [name for name in engine.containers() if MARK.job_id.hex in name]
        found = str(client.inspect_container(name))
    assert "hush-7" not in found
    assert "sleep 600" not in found
    assert [path for path in tmp_path.rglob("*") if path.is_file() and "hush-7" in path.read_text()] == []
    running.cancel()
    await asyncio.wait({running})


async def test_odd_values_arrive(steps: PooledSteps) -> None:
    env = {"EMPTY": "", "LINES": "a\nb\n", "QUOTES": "'\"$HOME`\\", "SNOW": "☃ é", "SPACE": "  x  ", "LC_ALL": "xx"}
    script = "\n".join(f'printf "%s|" "${name}"' for name in env) + "; cat; echo it\\'s $HOME"
    assert await steps.serves(script, env=env) == "".join(f"{value}|" for value in env.values()) + "it's /root\n"
    assert await steps.serves("#" * 200_000 + "\necho long") == "long\n"
    assert await steps.serves("pwd", workdir="sub/dir") == "/workspace/sub/dir\n"


@pytest.mark.parametrize(
    "step",
    [
        {"resources": Resources(memory="1Gi")},
        {"options": ContainerOptions(user="ann")},
        {"options": ContainerOptions(writable=True)},
        {"options": ContainerOptions(pull="always")},
        {"options": ContainerOptions(network="bridge")},
        {"env": {"not.of.a.shell": "x"}},
        {"env": {"PWD": "/x"}},
        {"workdir": "/etc"},
        {"workdir": "../etc"},
        {"workdir": "link/new"},
        {"volume": uuid.UUID(int=1)},
    ],
)
async def test_a_step_that_asks_for_more_gets_a_container_of_its_own(
    steps: PooledSteps, monkeypatch: pytest.MonkeyPatch, step: dict[str, Any]
) -> None:
    own: list[str] = []

    async def run_in_own(self: DockerRunner, order: Any, output: Any, image: str, options: Any) -> int:
        own.append(image)
        return 0

    monkeypatch.setattr(DockerRunner, "_run_in_own", run_in_own)
    volume = step.pop("volume", None)
    options, env = step.pop("options", ContainerOptions()), step.pop("env", {})
    order = attrs.evolve(steps.order(options, make_action("true", **step), env), volume=volume)
    (order.directory / "link").symlink_to("/etc")
    assert (await steps.run_order(order)).exit_code == 0
    assert own == [IMAGE]
    assert steps.pooled.ready == 1


async def test_pools_are_told_apart_by_what_their_containers_are(engine: DockerEngine, tmp_path: Path) -> None:
    engine.load_image(WORDS, ['ENTRYPOINT ["/bin/echo", "image:"]', 'CMD ["its", "command"]', "USER ann"])
    limits = Resources(memory="24Mi")
    pools = [
        SCRIPTS,
        PoolSettings(image=WORDS, workspace=False),
        PoolSettings(image=IMAGE, resources=limits),
        PoolSettings(image=IMAGE, options=ContainerOptions(user="ann")),
    ]
    async with PooledSteps(engine.address, tmp_path, *pools) as steps:
        assert await steps.serves(None, image=WORDS) == "image: its command\n"
        assert await steps.serves(None, image=WORDS, command=("my  words",)) == "image: my  words\n"
        assert await steps.serves(None, image=WORDS, entrypoint=("/bin/echo", "mine")) == "mine\n"
        assert await steps.serves(None, image=WORDS, cmd="id -u; pwd; ls -d /workspace 2>&1 || true") == (
            "1234\n/\nls: /workspace: No such file or directory\n"
        )
        write = "id -u; echo x > /workspace/new; echo x > /tmp/new; echo $HOME"
        assert await steps.serves(write, options=ContainerOptions(user="ann")) == "1234\n/tmp\n"
        await steps.pooled.all_ready()
        ended = await steps.run("exec tail -c 100000000 /dev/zero", resources=limits)
        assert ended.stderr.endswith("needed more memory than its limit of 24Mi.\n")
        assert (await steps.run("exit 7")).exit_code == 7
        assert (await steps.run(command=("/no/such",), image=WORDS, entrypoint=())).exit_code == 127
        assert steps.pooled.unserved == 0
    with engine.client() as client:
        client.remove_image(WORDS)


async def test_a_ready_container_is_as_closed_as_that_of_a_step(steps: PooledSteps) -> None:
    script = "touch /etc/x 2>&1; grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status; readlink /proc/self/fd/0"
    text, *status = (await steps.serves(script)).splitlines()
    assert text == "touch: /etc/x: Read-only file system"
    assert " ".join(status).split() == ["CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1", "/dev/null"]


@pytest.mark.parametrize("after", [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2])
async def test_a_step_that_is_cancelled_at_any_moment_leaves_nothing(
    steps: PooledSteps, engine: DockerEngine, after: float
) -> None:
    running = asyncio.create_task(steps.run("trap '' TERM; sleep 60"))
    await asyncio.wait({running}, timeout=after)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    await steps.pooled.end_pool()
    assert engine.containers() == []
    assert not list((steps.pooled.folder).iterdir())


async def test_a_ready_container_that_someone_removes_is_replaced(
    steps: PooledSteps, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = engine.containers()
    with engine.client() as client:
        client.remove_container(first, force=True)
    await eventually(lambda: engine.containers() not in ([], [first]), "there is another")
    assert await steps.serves("echo hi") == "hi\n"


async def test_a_container_that_ends_when_it_is_taken_costs_the_step_nothing(
    steps: PooledSteps, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (member,) = steps.pooled.members
    send = member.container.send

    async def send_to_the_dead(data: bytes) -> None:
        with engine.client() as client:
            client.kill(member.container.name, "SIGKILL")
        await send(data)

    monkeypatch.setattr(type(member.container), "send", staticmethod(send_to_the_dead))
    order = steps.order(ContainerOptions(), make_action("cat file; echo made > made"))
    (order.directory / "file").write_text("content")
    assert (await steps.run_order(order)).stdout == "content"
    assert (order.directory / "made").read_text() == "made\n"
    assert steps.pooled.unserved == 1


async def test_an_image_that_is_missing_is_told_once_and_tried_again(
    engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pool_module, "BACKOFF", pool_module.Backoff(first_secs=0.05, longest_secs=0.05))
    never = ContainerOptions(pull="never")
    steps = PooledSteps(engine.address, tmp_path, PoolSettings(image="stroem-test/late:1", options=never, size=2))
    steps.pooled.waits = False
    async with steps:
        await eventually(lambda: "is not on this worker" in caplog.text, "the reason is told")
        assert (await steps.run("echo others run")).stdout == "others run\n"
        engine.load_image("stroem-test/late:1", ['ENTRYPOINT ["/bin/sh"]'])
        assert await steps.serves("echo hi", image="stroem-test/late:1", options=never) == "hi\n"
    assert caplog.text.count("and it is tried again") == 1
    with engine.client() as client:
        client.remove_image("stroem-test/late:1")


async def test_an_image_without_a_shell_is_told(
    engine: DockerEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.client() as client:
        client.import_image_from_data(b"\0" * 10240, "stroem-test/empty", "1")
        steps = PooledSteps(engine.address, tmp_path, PoolSettings(image="stroem-test/empty:1"))
        steps.pooled.waits = False
        async with steps:
            await eventually(lambda: "no /bin/sh waits in its container: " in caplog.text, "the reason is told")
        assert "exec /bin/sh failed: No such file or directory" in caplog.text
        client.remove_image("stroem-test/empty:1")


async def test_containers_of_an_image_that_was_replaced_are_not_used(engine: DockerEngine, tmp_path: Path) -> None:
    engine.load_image(WORDS, ["ENV WHICH=old"])
    async with PooledSteps(engine.address, tmp_path, PoolSettings(image=WORDS)) as steps:
        engine.load_image(WORDS, ["ENV WHICH=new"])
        await asyncio.gather(*(pool.renew() for pool in steps.pooled.pools))
        assert await steps.serves("echo $WHICH", image=WORDS) == "new\n"
    with engine.client() as client:
        client.remove_image(WORDS)


async def test_what_a_killed_worker_left_is_removed_and_what_a_neighbour_keeps_is_not(
    steps: PooledSteps, engine: DockerEngine, tmp_path: Path
) -> None:
    kept = engine.containers()
    async with PooledSteps(engine.address, tmp_path / "killed") as killed:
        order, output = killed.order(ContainerOptions(), make_action("echo up; sleep 600")), CollectedOutput()
        running = asyncio.create_task(killed.runner.run(attrs.evolve(order, mark=MARK), output))
        await output.until("stdout", b"up\n")
        await killed.pooled.all_ready()
        (idle,) = killed.pooled.members
        killed.pooled.forget_all()
        idle.container.detach()
        async with Steps(engine.address, tmp_path / "other") as other:
            assert await killed.runner.leftovers("here") == [], "it runs here"
            assert await other.runner.leftovers("here") == [MARK]
            await eventually(lambda: leftovers_of(other, engine, 2), "the one without a worker is removed")
            await other.runner.remove(MARK)
            assert engine.containers() == kept
        await asyncio.wait({running})
    assert await steps.serves("echo hi") == "hi\n"


async def leftovers_of(other: Steps, engine: DockerEngine, wanted: int) -> bool:
    await other.runner.leftovers("here")
    return len(engine.containers()) == wanted


@pytest.mark.slow("starts and stops whole programs")
@pytest.mark.usefixtures("lost_sockets")
@pytest.mark.filterwarnings("ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("options", [(), ("--live-restore",)])
async def test_an_engine_that_was_away_has_ready_containers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(pool_module, "BACKOFF", pool_module.Backoff(first_secs=0.1, longest_secs=0.1))
    monkeypatch.setattr(pools_module, "CLEAN_SECS", 0.1)
    with docker_engine(*options) as own:
        async with PooledSteps(own.address, tmp_path) as steps:
            (before,) = own.containers()
            await asyncio.to_thread(own.stop)
            await eventually(lambda: steps.pooled.ready == 0, "it is not offered any more")
            await asyncio.to_thread(own.start)
            assert await steps.serves("echo hi") == "hi\n"
            await steps.pooled.all_ready()
            await eventually(lambda: before not in own.containers(), "the one from before is gone")
            assert len(own.containers()) == 1


@pytest.mark.slow("makes many containers")
async def test_many_steps_at_once_share_a_small_pool(engine: DockerEngine, tmp_path: Path) -> None:
    async with PooledSteps(engine.address, tmp_path, PoolSettings(image=IMAGE, size=4)) as steps:
        marks = [StepMark(installation="here", job_id=uuid.uuid4(), step_id=n, attempt=1) for n in range(200)]
        orders = [
            attrs.evolve(steps.order(ContainerOptions(), make_action(f"echo {n}; exit {n % 7}")), mark=mark)
            for n, mark in enumerate(marks)
        ]
        ended = await asyncio.gather(*map(steps.run_order, orders))
        assert [(one.stdout, one.exit_code) for one in ended] == [(f"{n}\n", n % 7) for n in range(200)]
        assert steps.pooled.unserved < 200
        await steps.pooled.all_ready()
        assert len(engine.containers()) == 4
    assert engine.containers() == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pool": (SCRIPTS,), "pull": "always"}, "serves no step: with `pull: always`"),
        ({"pool": (PoolSettings(image="a", options=ContainerOptions(privileged=True)),)}, "the pool of a: This worker"),
    ],
)
def test_a_pool_that_serves_no_step_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DockerRunner(**settings)


def test_a_pool_has_a_size() -> None:
    with pytest.raises(ValueError, match="`size` is a number from 1 to 200"):
        PoolSettings(image="a", size=0)
