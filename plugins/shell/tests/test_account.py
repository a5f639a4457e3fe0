"""Steps that run as another user."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stroem.definitions.action import Action
from stroem.errors import SettingsError
from stroem.interfaces.runner import RunnerFailed
from stroem.registry.registry import load_plugins
from stroem.settings.worker import WorkerSettings
from stroem.testing.runner_conformance import CollectedOutput, make_order
from stroem.worker.steps.runners import Runners
from stroem_shell.runner import ShellRunner

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may start processes as another user")
OTHER = "nobody"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="stroem-account-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def runners(user: str) -> Runners:
    """Worker options made from the settings."""
    return Runners(
        WorkerSettings(
            server_url="http://127.0.0.1",
            worker_token="t" * 32,
            worker_name="tester",
            max_concurrent=1,
            poll_interval_secs=1,
            workspace_cache_dir=Path("unused"),
            capabilities=("script",),
            runners={"local": {"user": user}},
        ),
        load_plugins(),
    )


def test_a_user_that_does_not_exist_is_told_at_start() -> None:
    with pytest.raises(SettingsError, match=r"runners.local: user: this machine has no user 'no-such-user'") as told:
        runners("no-such-user")
    assert "$" not in str(told.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start processes as anybody")
def test_a_worker_that_may_not_change_users_says_so_at_start() -> None:
    with pytest.raises(SettingsError, match="only a worker that runs as root"):
        runners("root")


def test_the_workers_own_user_changes_nothing() -> None:
    assert runners(pwd.getpwuid(os.geteuid()).pw_name).get("local")


@AS_ROOT
async def test_a_folder_that_the_user_may_not_enter_is_named(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    order = make_order(closed, "area", Action(type="script", script="true"))
    with pytest.raises(RunnerFailed, match=f"User {OTHER}.*may not enter {closed}: `chmod o\\+x`"):
        await ShellRunner(user=OTHER).run(order, CollectedOutput())


@AS_ROOT
async def test_only_the_steps_own_files_are_handed_over(place: Path) -> None:
    outside = place / "outside"
    outside.write_text("root's")
    order = make_order(place, "area", Action(type="script", script="echo mine > given/file; ls -ln given/file"))
    (order.directory / "given").mkdir()
    (order.directory / "given" / "file").write_text("")
    (order.directory / "link").symlink_to(outside)
    output = CollectedOutput()
    assert await ShellRunner(user=OTHER).run(order, output) == 0
    assert output.data["stdout"].split()[2] == b"%d" % pwd.getpwnam(OTHER).pw_uid
    assert outside.stat().st_uid == 0


@AS_ROOT
async def test_no_script_is_written_through_a_link_of_the_user(place: Path) -> None:
    """A directory may serve several steps, and belongs to the user by then."""
    target = place / "target"
    target.write_text("root's")
    long = "x=1\n" * 60_000
    shell = make_order(place, "shell", Action(type="script", script=long))
    other = make_order(place, "other", Action(type="script", script=":", language="python", interpreter="/bin/sh"))
    (shell.scratch / "stroem_script.sh").symlink_to(target)
    (other.directory / "stroem_script.py").symlink_to(target)
    for order in (shell, other):
        assert await ShellRunner(user=OTHER).run(order, CollectedOutput()) == 0
    assert target.read_text() == "root's"
