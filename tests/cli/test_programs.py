"""The programs that stay, and those that start everything for one job."""

import datetime
import json
import os
import re
import secrets
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.wait import eventually_blocking

pytestmark = pytest.mark.slow("starts and stops whole programs")

NO_FOLDER = "/proc/nowhere"

ONE_UP = pytest.mark.xdist_group("up")


@ONE_UP
def test_up_twice_on_one_folder_is_refused(run, running, workspace_dir: Path) -> None:
    data = running.process.args[running.process.args.index("--data-dir") + 1]
    again = run("up", "--port", "0", "--data-dir", data, "--workspace", str(workspace_dir))
    assert again.returncode == 1
    assert f"already up at {running.address}" in again.stderr
    assert "--data-dir" in again.stderr


@ONE_UP
def test_a_taken_port_is_refused_before_anything_starts(run, running, workspace_dir: Path, tmp_path: Path) -> None:
    port = running.address.rpartition(":")[2]
    again = run("up", "--port", port, "--data-dir", str(tmp_path / "data"), "--workspace", str(workspace_dir))
    assert again.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in again.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_up_without_a_workspace_says_so(run, tmp_path: Path) -> None:
    done = run("up", cwd=tmp_path)
    assert done.returncode == 2
    assert "--workspace" in done.stderr


def test_up_tells_people_what_to_do_next(start, run, workspace_dir: Path, data_dir: Path) -> None:
    arguments = ("--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    program = start("up", *arguments)
    said = [program.ready, *(program.line() for _ in range(9))]
    address = program.ready.split()[3]
    assert f"export STROEM_URL={address}" in "".join(said)
    assert "stroem trigger" in "".join(said)
    assert stat.S_IMODE((data_dir / "worker-token").stat().st_mode) == 0o600
    job = json.loads(run("trigger", "counts", "--json", STROEM_URL=address).stdout)["job_id"]
    assert run("logs", job, "--follow", STROEM_URL=address).returncode == 0
    assert program.stop(signal.SIGINT) == 0
    again = start("up", "--json", *arguments)
    assert json.loads(run("status", job, "--json", STROEM_URL=again.address).stdout)["status"] == "completed"
    assert again.stop() == 0


def test_up_takes_the_token_of_its_settings_file(start, run, workspace_dir: Path, data_dir: Path) -> None:
    config = data_dir / "settings.json"
    workspaces = {"default": {"type": "folder", "path": str(workspace_dir)}}
    config.write_text(json.dumps({"worker_token": "t" * 40, "workspaces": workspaces}))
    up = start("up", "--json", "--port", "0", "--data-dir", str(data_dir / "data"), "--config", str(config))
    assert run("trigger", "counts", "--follow", STROEM_URL=up.address).returncode == 0
    assert up.stop() == 0


def test_a_second_signal_ends_it_at_once(start, run, workspace_dir: Path, data_dir: Path) -> None:
    program = start("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    job = json.loads(run("trigger", "waits", "--json", STROEM_URL=program.address).stdout)["job_id"]
    eventually_blocking(lambda: "asleep" in run("logs", job, STROEM_URL=program.address).stdout)
    database = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0]
    program.process.send_signal(signal.SIGTERM)

    def ends_after_another() -> bool:
        program.process.send_signal(signal.SIGTERM)
        return program.process.poll() is not None

    eventually_blocking(ends_after_another)
    assert program.process.returncode == 128 + signal.SIGTERM
    eventually_blocking(lambda: not Path("/proc", database).exists(), "the database has ended")


@pytest.mark.parametrize("users", [None, "", "[1"])
def test_the_database_stops_with_the_up_that_came_after_a_killed_one(
    start, workspace_dir: Path, data_dir: Path, users: str | None
) -> None:
    arguments = ("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    killed = start(*arguments)
    killed.process.kill()
    killed.process.wait()
    if users is not None:
        (data_dir / "postgres" / ".handle_pids.json").write_text(users)
    again = start(*arguments)
    assert (data_dir / "postgres" / "postmaster.pid").exists()
    assert again.stop() == 0
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_server_and_worker_run_by_settings_and_environment(
    start, run, postgres: str, workspace_dir: Path, tmp_path: Path
) -> None:
    token = secrets.token_urlsafe(32)
    server_file, worker_file = tmp_path / "server.yaml", tmp_path / "worker.yaml"
    server_file.write_text(
        f"listen: 127.0.0.1:1\n"
        f"db: {{url: '{postgres}'}}\n"
        f"worker_token: {token}\n"
        f"log_storage: {{local_dir: {tmp_path / 'blobs'}}}\n"
        f"workspaces: {{default: {{type: folder, path: {workspace_dir}}}}}\n"
    )
    server = start("server", "--config", str(server_file), STROEM__LISTEN="127.0.0.1:0")
    address = server.ready.split()[-1]
    worker_file.write_text(
        f"server_url: {address}\n"
        f"worker_token: {token}\n"
        "worker_name: one\n"
        "max_concurrent: 2\n"
        "poll_interval_secs: 1\n"
        f"workspace_cache_dir: {tmp_path / 'cache'}\n"
        "capabilities: [script]\n"
    )
    worker = start("worker", STROEM_CONFIG=str(worker_file))
    server.process.send_signal(signal.SIGHUP)
    assert run("trigger", "hello", "name=Ada", "--wait", STROEM_URL=address).returncode == 0
    assert worker.stop() == 0
    assert server.stop() == 0


@pytest.mark.parametrize("setting", ["blobs.url", "cache_dir"])
def test_a_server_whose_folder_cannot_be_made_ends_and_says_so(
    run, postgres: str, workspace_dir: Path, tmp_path: Path, setting: str
) -> None:
    folders = {"blobs.url": tmp_path.as_uri(), "cache_dir": str(tmp_path / "cache")}
    folders[setting] = f"file://{NO_FOLDER}" if setting == "blobs.url" else NO_FOLDER
    done = run(
        "server",
        cwd=tmp_path,
        STROEM__LISTEN="127.0.0.1:0",
        STROEM__DB__URL=postgres,
        STROEM__WORKER_TOKEN="x" * 32,
        STROEM__BLOBS__URL=folders["blobs.url"],
        STROEM__CACHE_DIR=folders["cache_dir"],
    )
    assert done.returncode == 1
    assert f"The folder {NO_FOLDER} cannot be used: No such file or directory" in done.stderr
    assert f"`{setting}`" in done.stderr


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"WORKSPACE_CACHE_DIR": "/proc/nowhere"}, "`workspace_cache_dir`"),
        ({"SERVER_URL": "localhost:8080"}, "server_url: expected an address like http://"),
        ({"SERVER_URL": "ftp://localhost"}, "server_url: expected an address like http://"),
        ({"WORKER_TOKEN": "y" * 32}, "Invalid worker token (401). Look at `worker_token`."),
        ({"SERVER_URL": "{address}/api"}, "Look at `server_url`."),
    ],
)
def test_a_worker_that_cannot_begin_says_which_setting_to_look_at(
    run, running, tmp_path: Path, changed: dict[str, str], words: str
) -> None:
    settings = {
        "SERVER_URL": running.address,
        "WORKER_TOKEN": "x" * 32,
        "WORKER_NAME": "one",
        "MAX_CONCURRENT": "1",
        "POLL_INTERVAL_SECS": "1",
        "WORKSPACE_CACHE_DIR": str(tmp_path / "cache"),
        "CAPABILITIES": "[script]",
        **{key: text.format(address=running.address) for key, text in changed.items()},
    }
    done = run("worker", cwd=tmp_path, **{f"STROEM__{key}": value for key, value in settings.items()})
    assert done.returncode == 1
    assert words in done.stderr
    assert "works for" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "reason"), [("no.such.invalid", ""), ("203.0.113.5", "Cannot assign requested address")]
)
def test_up_on_a_host_that_is_not_here_asks_for_another_host(
    run, workspace_dir: Path, tmp_path: Path, host: str, reason: str
) -> None:
    data = ("--data-dir", str(tmp_path / "data"))
    done = run("up", "--port", "0", "--host", host, *data, "--workspace", str(workspace_dir))
    assert done.returncode == 1
    assert f"Cannot listen on {host}:0: {reason}" in done.stderr
    assert "Unknown error" not in done.stderr
    assert "--host" in done.stderr


@pytest.mark.parametrize("program", ["server", "worker"])
def test_without_settings_it_is_said_what_to_do(run, program: str, tmp_path: Path) -> None:
    done = run(program, cwd=tmp_path)
    assert done.returncode == 1
    assert f"There is no {program}-config.yaml here" in done.stderr
    assert "--config" in done.stderr


def test_wrong_settings_are_told_without_a_traceback(run, tmp_path: Path) -> None:
    (tmp_path / "server-config.yaml").write_text("lisen: x\n")
    done = run("server", cwd=tmp_path)
    assert done.returncode == 1
    assert "listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_told_without_a_traceback(run, tmp_path: Path) -> None:
    done = run(
        "server",
        STROEM__LISTEN="127.0.0.1:0",
        STROEM__DB__URL="postgresql://nobody@127.0.0.1:1/nothing",
        STROEM__DB__STARTUP_TIMEOUT="1",
        STROEM__WORKER_TOKEN="x" * 32,
        STROEM__BLOBS__URL=tmp_path.as_uri(),
    )
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_waits_for_its_database_stops_when_it_is_told_to(environment, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "stroem.cli.main", "server"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(
            STROEM__LISTEN="127.0.0.1:0",
            STROEM__DB__URL="postgresql://nobody@127.0.0.1:1/nothing",
            STROEM__DB__STARTUP_TIMEOUT="1h",
            STROEM__WORKER_TOKEN="x" * 32,
            STROEM__BLOBS__URL=tmp_path.as_uri(),
        ),
    )
    assert process.stderr is not None
    assert "postgresql://nobody@127.0.0.1:1/nothing is away" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said


@ONE_UP
def test_a_server_says_which_port_is_taken(run, running, postgres: str, tmp_path: Path) -> None:
    address = running.address.removeprefix("http://")
    done = run(
        "server",
        STROEM__LISTEN=address,
        STROEM__DB__URL=postgres,
        STROEM__WORKER_TOKEN="x" * 32,
        STROEM__BLOBS__URL=tmp_path.as_uri(),
    )
    assert done.returncode == 1
    assert f"Cannot listen on {address}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_at_start_is_told_without_a_traceback(environment, workspace_dir: Path, data_dir: Path) -> None:
    """No file may be as large as PostgreSQL's are."""
    command = [sys.executable, "-m", "stroem.cli.main", "up", "--port", "0", "--data-dir", str(data_dir)]
    done = subprocess.run(
        ["prlimit", "--fsize=1000000", "--", *command, "--workspace", str(workspace_dir)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"The database cannot be started in {data_dir}/postgres: " in done.stderr
    assert "File too large" in done.stderr
    assert "--data-dir" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_of_another_postgresql_is_told_as_such(run, workspace_dir: Path, data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    done = run("up", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    assert done.returncode == 1
    assert "is of PostgreSQL 9, and this Strøm comes with PostgreSQL" in done.stderr
    assert "pg_dumpall" in done.stderr


def test_a_data_folder_that_is_a_file_is_told(run, workspace_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    done = run("up", "--port", "0", "--data-dir", str(tmp_path / "data"), "--workspace", str(workspace_dir))
    assert (done.returncode, "cannot be used: " in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_run_does_one_job_and_leaves_nothing(run, workspace_dir: Path, data_dir: Path) -> None:
    path = ("--path", str(workspace_dir))
    done = run("run", "hello", "name=Ada", "count=2", *path, TMPDIR=str(data_dir))
    assert done.returncode == 0, done.stderr
    assert done.stdout == 'greet | Hello, Ada!\ngreet | OUTPUT: {"count": 2}\n'
    assert 'Output: {"greet": {"count": 2}}' in done.stderr
    assert not list(data_dir.glob("stroem-run-*"))
    assert run("run", "broken", *path).returncode == 1


def test_a_step_knows_the_revision_of_its_files_and_has_no_git_of_theirs(run, tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text(
        "tasks:\n  t:\n    flow:\n"
        '      s: {type: shell, cmd: "ls -d .git 2>&1; env | grep ^STROEM_COMMIT | sort"}\n'
        '      o: {type: shell, env: {STROEM_COMMIT: own}, cmd: "echo $STROEM_COMMIT", depends_on: [s]}\n'
    )
    before = datetime.datetime.now(datetime.UTC)
    done = run("run", "t", "--path", str(tmp_path))
    missing, commit, moment, own = done.stdout.splitlines()
    assert "No such file" in missing
    assert re.fullmatch(r"s \| STROEM_COMMIT=[0-9a-f]{64}", commit)
    made = datetime.datetime.fromisoformat(moment.removeprefix("s | STROEM_COMMIT_TIME="))
    assert before < made < datetime.datetime.now(datetime.UTC)
    assert own == "o | own"


def test_run_cancels_its_job_on_ctrl_c(environment, workspace_dir: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "stroem.cli.main", "run", "waits", "--path", str(workspace_dir)],
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "sleep | asleep\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 3
    process.stdout.close()


@ONE_UP
def test_a_follower_that_is_interrupted_says_that_the_job_goes_on(running, environment, run) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "stroem.cli.main", "trigger", "waits", "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(STROEM_URL=running.address),
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "sleep | asleep\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    job_id = said.split()[1]
    assert f"stroem cancel {job_id}" in said
    assert "Traceback" not in said
    assert run("cancel", job_id, STROEM_URL=running.address).returncode == 0


def test_run_does_nothing_in_a_workspace_with_mistakes(run, tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text("tasks:\n  t: {flow: {s: {action: missing}}}\n")
    done = run("run", "t", "--path", str(tmp_path))
    assert done.returncode == 1
    assert "unknown-action" in done.stderr
    assert "nothing was run" in done.stderr


def test_a_workspace_with_mistakes_is_listed_with_them(start, run, tmp_path: Path, data_dir: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text("tasks:\n  t: {flow: {s: {action: missing}}}\n")
    program = start("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(tmp_path))
    listed = run("workspaces", STROEM_URL=program.address)
    assert listed.returncode == 0
    assert ".workflows/a.yaml:2:26: error unknown-action" in listed.stdout
    assert program.stop() == 0


def test_a_database_that_dies_is_started_again(start, run, workspace_dir: Path, data_dir: Path) -> None:
    program = start("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    before = json.loads(run("trigger", "counts", "--json", STROEM_URL=program.address).stdout)["job_id"]
    assert run("logs", before, "--follow", STROEM_URL=program.address).returncode == 0
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    eventually_blocking(lambda: run("trigger", "counts", "--wait", STROEM_URL=program.address).returncode == 0)
    assert json.loads(run("status", before, "--json", STROEM_URL=program.address).stdout)["status"] == "completed"
    assert program.stop() == 0
