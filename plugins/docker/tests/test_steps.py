"""What a step in a container gets, and what is told of its end."""

from pathlib import Path

import attrs
import pytest

from plugins.docker.tests.steps import Steps, make_action
from stroem.definitions.action import Resources
from stroem.interfaces.runner import RunnerFailed
from stroem_docker.options import ContainerOptions
from tests.support.docker_engine import IMAGE, DockerEngine

ENTRYPOINT = "stroem-test/entrypoint:1"
USER = "stroem-test/user:1"


@pytest.fixture(scope="session")
def other_images(shared_engine: DockerEngine) -> None:
    """Images with an entrypoint, and with a user."""
    shared_engine.load_image(ENTRYPOINT, ['ENTRYPOINT ["/bin/echo", "image:"]', 'CMD ["its", "command"]'])
    shared_engine.load_image(USER, ["USER ann", 'CMD ["id", "-u"]', "WORKDIR /home"])


async def test_the_image_says_what_a_container_runs(steps: Steps, other_images: None) -> None:
    assert (await steps.run(image=ENTRYPOINT)).stdout == "image: its command\n"
    assert (await steps.run(image=ENTRYPOINT, command=("my", "words"))).stdout == "image: my words\n"
    assert (await steps.run(image=ENTRYPOINT, entrypoint=("/bin/echo", "mine:"))).stdout == "mine:\n"
    both = await steps.run(image=ENTRYPOINT, entrypoint=("/bin/echo",), command=("a  b", "$HOME"))
    assert both.stdout == "a  b $HOME\n"
    assert (await steps.run(image=ENTRYPOINT, cmd="echo $0 | cat")).stdout == "/bin/sh\n"
    assert (await steps.run("echo script", image=ENTRYPOINT)).stdout == "script\n"


async def test_a_command_that_is_not_there_is_told(steps: Steps) -> None:
    ended = await steps.run(command=("/no/such/program",))
    assert ended.exit_code == 127
    assert "exec /no/such/program failed: No such file or directory" in ended.stderr
    ended = await steps.run(command=("/etc/passwd",))
    assert "exec /etc/passwd failed: Permission denied" in ended.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ContainerOptions(user="nobody-here"), "cannot be started: .*unable to find user nobody-here"),
        (ContainerOptions(capabilities=("CHOWN",), user="1:x:y"), "cannot be (made|started): "),
    ],
)
async def test_a_container_that_cannot_start_says_why(steps: Steps, options: ContainerOptions, words: str) -> None:
    with pytest.raises(RunnerFailed, match=words):
        await steps.run("true", options=options)


async def test_a_script_starts_in_the_workspace_and_others_where_the_image_says(
    steps: Steps, other_images: None
) -> None:
    assert (await steps.run("pwd")).stdout == "/workspace\n"
    assert (await steps.run("pwd", workdir="sub/dir")).stdout == "/workspace/sub/dir\n"
    assert (await steps.run("pwd", workdir="/etc")).stdout == "/etc\n"
    assert (await steps.run(cmd="pwd; ls -d /workspace")).stdout == "/\n"
    assert (await steps.run(image=USER, cmd="pwd", workdir=".")).stdout == "/workspace\n"
    assert (await steps.run(image=USER, cmd="pwd")).stdout == "/home\n"


async def test_a_container_without_a_workdir_has_no_workspace(steps: Steps) -> None:
    order = steps.order(ContainerOptions(), make_action(None, cmd="cat file"))
    (order.directory / "file").write_text("content")
    assert (await steps.run_order(order)).exit_code == 1
    ended = await steps.run_order(attrs.evolve(order, action=make_action(None, cmd="cat file", workdir=".")))
    assert ended.stdout == "content"


async def test_who_runs_what(steps: Steps, engine: DockerEngine, tmp_path: Path, other_images: None) -> None:
    assert (await steps.run("id -u", image=USER)).stdout == "0\n", "the worker's own user, root here"
    assert (await steps.run(image=USER)).stdout == "1234\n", "the image's user"
    named = ContainerOptions(user="ann")
    write = "id -u; echo x > /workspace/new; echo x > /tmp/new; ls -n /workspace/new | cut -c1-10"
    assert (await steps.run(write, options=named)).stdout == "1234\n-rw-r--r--\n"
    async with Steps(engine.address, tmp_path / "b", user="777:888") as others:
        assert (await others.run("id -u; id -g; echo $HOME; echo x > $HOME/x && echo ok", image=USER)).stdout == (
            "777\n888\n/tmp\nok\n"
        ), "the user of the worker's settings"
        assert (await others.run(image=USER)).stdout == "1234\n"


async def test_odd_values_of_variables_arrive(steps: Steps) -> None:
    env = {"EMPTY": "", "LINES": "a\nb\n", "EQUALS": "a=b=c", "QUOTES": "'\"$HOME`", "SNOW": "☃ é", "SPACE": "  x  "}
    order = steps.order(ContainerOptions(), make_action("\n".join(f'printf "%s|" "${name}"' for name in env)), env)
    assert (await steps.run_order(order)).stdout == "".join(f"{value}|" for value in env.values())


async def test_limits_hold_and_memory_that_is_used_up_is_told(steps: Steps) -> None:
    limits = Resources(cpu="500m", memory="24Mi", pids=50, shm="1Mi")
    script = (
        "cd /sys/fs/cgroup; cat memory.max pids.max || cat memory/memory.limit_in_bytes pids/pids.max; df -k /dev/shm"
    )
    found = (await steps.run(script, resources=limits)).stdout.split()
    assert found[:2] == [str(24 * 1024**2), "50"]
    assert "1024" in found
    ended = await steps.run("exec tail -c 100000000 /dev/zero", resources=limits)
    assert ended.exit_code != 0
    assert ended.stderr.endswith("needed more memory than its limit of 24Mi.\n")
    ended = await steps.run("for i in $(seq 60); do sleep 5 & done; wait", resources=limits)
    assert "can't fork" in ended.stderr


@pytest.mark.parametrize(
    ("memory", "words"), [("12 apples", "is no size such as"), ("1", "[Mm]emory"), ("9Zi", "is no size such as")]
)
async def test_a_limit_that_is_none(steps: Steps, memory: str, words: str) -> None:
    with pytest.raises(RunnerFailed, match=words):
        await steps.run("true", resources=Resources(memory=memory))


async def test_a_container_is_closed_by_default(steps: Steps) -> None:
    script = "touch /etc/x; grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status; mount -t tmpfs x /tmp; ls /var/run"
    ended = await steps.run(script)
    assert "/etc/x: Read-only file system" in ended.stderr
    assert ended.stdout.split() == ["CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1"]
    assert "mount: permission denied" in ended.stderr
    writable = await steps.run("touch /etc/x && echo ok", options=ContainerOptions(writable=True))
    assert writable.stdout == "ok\n"


async def test_the_environment_is_that_of_the_step_alone(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_SECRET", "hush")
    names = {line.partition("=")[0] for line in (await steps.run("env", env={"MINE": "1"})).stdout.splitlines()}
    assert names - {"PATH", "HOME", "HOSTNAME", "PWD", "SHLVL"} == {"MINE"}


async def test_no_image_at_all_is_told(steps: Steps, engine: DockerEngine, tmp_path: Path) -> None:
    with pytest.raises(RunnerFailed, match=r"names no `image`, and the worker has none in `runners.docker.image`"):
        await steps.run("true", image=None)
    async with Steps(engine.address, tmp_path / "b", image=IMAGE) as others:
        assert (await others.run("echo hi", image=None)).stdout == "hi\n"
