"""Whole programs: their lifetimes, signals, and ends."""

import json
import os
import secrets
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import STROEM
from tests.support.wait import eventually_blocking

pytestmark = pytest.mark.slow("starts and stops whole programs")

NO_FOLDER = "/proc/nowhere"

ONE_UP = pytest.mark.xdist_group("up")


def test_up_tells_people_what_to_do_next_and_has_what_ran_before(
    start, run, workspace_dir: Path, data_dir: Path
) -> None:
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


def test_up_takes_token_and_workspaces_of_its_settings_file(
    start, run, workspace_dir: Path, tmp_path: Path, data_dir: Path
) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text("tasks:\n  t: {flow: {s: {action: missing}}}\n")
    config = data_dir / "settings.json"
    folders = {"default": workspace_dir, "wrong": tmp_path}
    workspaces = {name: {"type": "folder", "path": str(folder)} for name, folder in folders.items()}
    config.write_text(json.dumps({"worker_token": "t" * 40, "workspaces": workspaces}))
    up = start("up", "--json", "--port", "0", "--data-dir", str(data_dir / "data"), "--config", str(config))
    assert run("trigger", "counts", "-w", "default", "--follow", STROEM_URL=up.address).returncode == 0
    listed = run("workspaces", STROEM_URL=up.address)
    assert listed.returncode == 0
    assert ".workflows/a.yaml:2:26: error unknown-action" in listed.stdout
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


def test_a_server_warns_that_sign_in_is_off_and_stops_while_it_waits_for_its_database(
    environment, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*STROEM, "server"],
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
    assert "everybody who reaches 127.0.0.1:0, by a proxy too, may do everything" in process.stderr.readline()
    assert "postgresql://nobody@127.0.0.1:1/nothing is away" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said


def test_a_full_disk_at_start_is_told_without_a_traceback(environment, workspace_dir: Path, data_dir: Path) -> None:
    """No file may be as large as PostgreSQL's are."""
    command = [*STROEM, "up", "--port", "0", "--data-dir", str(data_dir)]
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


def test_run_cancels_its_job_on_ctrl_c(environment, workspace_dir: Path) -> None:
    process = subprocess.Popen(
        [*STROEM, "run", "waits", "--path", str(workspace_dir)],
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
        [*STROEM, "trigger", "waits", "--follow"],
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


def test_a_database_that_dies_is_started_again(start, run, workspace_dir: Path, data_dir: Path) -> None:
    program = start("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    before = json.loads(run("trigger", "counts", "--json", STROEM_URL=program.address).stdout)["job_id"]
    assert run("logs", before, "--follow", STROEM_URL=program.address).returncode == 0
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    eventually_blocking(lambda: run("trigger", "counts", "--wait", STROEM_URL=program.address).returncode == 0)
    assert json.loads(run("status", before, "--json", STROEM_URL=program.address).stdout)["status"] == "completed"
    assert program.stop() == 0
