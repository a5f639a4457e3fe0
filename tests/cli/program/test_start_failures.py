"""Servers, workers and `stroem up` that cannot start: the message, and the exit code."""

from pathlib import Path

import pytest

NO_FOLDER = "/proc/nowhere"

ONE_UP = pytest.mark.xdist_group("up")


@ONE_UP
def test_up_twice_on_one_folder_is_refused(here, running, workspace_dir: Path) -> None:
    data = running.process.args[running.process.args.index("--data-dir") + 1]
    again = here("up", "--port", "0", "--data-dir", data, "--workspace", str(workspace_dir))
    assert again.exit_code == 1
    assert f"already up at {running.address}" in again.stderr
    assert "--data-dir" in again.stderr


@ONE_UP
def test_a_taken_port_is_refused_before_anything_starts(here, running, workspace_dir: Path, tmp_path: Path) -> None:
    port = running.address.rpartition(":")[2]
    again = here("up", "--port", port, "--data-dir", str(tmp_path / "data"), "--workspace", str(workspace_dir))
    assert again.exit_code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in again.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_up_without_a_workspace_says_so(here, tmp_path: Path) -> None:
    done = here("up", cwd=tmp_path)
    assert done.exit_code == 2
    assert "--workspace" in done.stderr


@pytest.mark.parametrize("setting", ["blobs.url", "cache_dir"])
def test_a_server_whose_folder_cannot_be_made_ends_and_says_so(
    here, postgres: str, workspace_dir: Path, tmp_path: Path, setting: str
) -> None:
    folders = {"blobs.url": tmp_path.as_uri(), "cache_dir": str(tmp_path / "cache")}
    folders[setting] = f"file://{NO_FOLDER}" if setting == "blobs.url" else NO_FOLDER
    done = here(
        "server",
        cwd=tmp_path,
        STROEM__LISTEN="127.0.0.1:0",
        STROEM__DB__URL=postgres,
        STROEM__WORKER_TOKEN="x" * 32,
        STROEM__BLOBS__URL=folders["blobs.url"],
        STROEM__CACHE_DIR=folders["cache_dir"],
    )
    assert done.exit_code == 1
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
    here, running, tmp_path: Path, changed: dict[str, str], words: str
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
    done = here("worker", cwd=tmp_path, **{f"STROEM__{key}": value for key, value in settings.items()})
    assert done.exit_code == 1
    assert words in done.stderr
    assert "works for" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "reason"), [("no.such.invalid", ""), ("203.0.113.5", "Cannot assign requested address")]
)
def test_up_on_a_host_that_is_not_here_asks_for_another_host(
    here, workspace_dir: Path, tmp_path: Path, host: str, reason: str
) -> None:
    data = ("--data-dir", str(tmp_path / "data"))
    done = here("up", "--port", "0", "--host", host, *data, "--workspace", str(workspace_dir))
    assert done.exit_code == 1
    assert f"Cannot listen on {host}:0: {reason}" in done.stderr
    assert "Unknown error" not in done.stderr
    assert "--host" in done.stderr


@pytest.mark.parametrize("program", ["server", "worker"])
def test_without_settings_it_is_said_what_to_do(here, program: str, tmp_path: Path) -> None:
    done = here(program, cwd=tmp_path)
    assert done.exit_code == 1
    assert f"There is no {program}-config.yaml here" in done.stderr
    assert "--config" in done.stderr


def test_wrong_settings_are_told_without_a_traceback(here, tmp_path: Path) -> None:
    (tmp_path / "server-config.yaml").write_text("lisen: x\n")
    done = here("server", cwd=tmp_path)
    assert done.exit_code == 1
    assert "listen" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("docker", "place", "words"),
    [
        ("  docker:\n    pids: 100\n    memory: 2GB\n", "8:5", "runners.docker.memory: '2GB' is no size such as 512Mi"),
        (
            "  docker:\n    pool:\n    - image: x\n      sise: 2\n",
            "9:7",
            "runners.docker.pool[0].sise: is not a known key",
        ),
        ("  docker: {memori: 2Gi}\n", "6:12", "runners.docker.memori: is not a known key; did you mean 'memory'?"),
        ("  docker: {pids: many}\n", "6:12", "runners.docker.pids: expected a whole number, found a text"),
        ("  dokker: {}\n", "6:3", "runners.dokker: there is no such runner; loaded: docker, local, pod"),
        ("  docker: {}\nresources: {cpu: four}\n", "7:13", "resources.cpu: 'four' is no amount such as 500m, 2,"),
        ("  docker: {}\nmax_concurent: 2\n", "7:1", "max_concurent: is not a known key"),
    ],
)
def test_mistakes_in_the_settings_of_a_worker_are_told_with_their_places(
    here, tmp_path: Path, docker: str, place: str, words: str
) -> None:
    names = f"server_url: http://localhost\nworker_token: {'x' * 32}\nworker_name: a\ncapabilities: [docker]\n"
    (tmp_path / "worker-config.yaml").write_text(f"{names}runners:\n{docker}")
    rest = {"MAX_CONCURRENT": "1", "POLL_INTERVAL_SECS": "1", "WORKSPACE_CACHE_DIR": str(tmp_path / "cache")}
    done = here("worker", cwd=tmp_path, **{f"STROEM__{name}": value for name, value in rest.items()})
    assert done.exit_code == 1
    assert f"\n  worker-config.yaml:{place}: {words}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_a_variable_is_told_with_its_name(here, tmp_path: Path) -> None:
    (tmp_path / "worker-config.yaml").write_text("server_url: http://localhost\nrunners: {docker: {cpu: 2}}\n")
    done = here("worker", cwd=tmp_path, STROEM__MAX_CONCURRENT="many")
    assert "\n  STROEM__MAX_CONCURRENT: max_concurrent: expected a whole number, found a text" in done.stderr
    assert "\n  worker-config.yaml: worker_name: is required\n" in done.stderr


def test_a_database_that_is_away_is_told_without_a_traceback(here, tmp_path: Path) -> None:
    done = here(
        "server",
        STROEM__LISTEN="127.0.0.1:0",
        STROEM__DB__URL="postgresql://nobody@127.0.0.1:1/nothing",
        STROEM__DB__STARTUP_TIMEOUT="1",
        STROEM__WORKER_TOKEN="x" * 32,
        STROEM__BLOBS__URL=tmp_path.as_uri(),
    )
    assert done.exit_code == 1
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr


@ONE_UP
def test_a_server_says_which_port_is_taken(here, running, postgres: str, tmp_path: Path) -> None:
    address = running.address.removeprefix("http://")
    done = here(
        "server",
        STROEM__LISTEN=address,
        STROEM__DB__URL=postgres,
        STROEM__WORKER_TOKEN="x" * 32,
        STROEM__BLOBS__URL=tmp_path.as_uri(),
    )
    assert done.exit_code == 1
    assert f"Cannot listen on {address}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_of_another_postgresql_is_told_as_such(here, workspace_dir: Path, data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    done = here("up", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(workspace_dir))
    assert done.exit_code == 1
    assert "is of PostgreSQL 9, and this Strøm comes with PostgreSQL" in done.stderr
    assert "pg_dumpall" in done.stderr


def test_a_data_folder_that_is_a_file_is_told(here, workspace_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    done = here("up", "--port", "0", "--data-dir", str(tmp_path / "data"), "--workspace", str(workspace_dir))
    assert (done.exit_code, "cannot be used: " in done.stderr, "Traceback" in done.stderr) == (1, True, False)
