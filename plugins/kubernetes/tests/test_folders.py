"""Input and output folders of steps in pods."""

import asyncio
import fnmatch
import os
from pathlib import Path

import attrs
import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps, make_action
from stroem.definitions.globs import matching
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_kubernetes import collector
from stroem_kubernetes.collector import find_pattern
from stroem_kubernetes.options import PodOptions
from tests.support.kubernetes.cluster import TestCluster
from tests.support.wait import eventually

FOLDERS = ("STATE_DIR", "STATE_OUT_DIR", "ARTIFACTS_DIR")


def with_folders(
    steps: Steps, files: FileServer, script: str, *, globs: tuple[str, ...] = (), **fields: object
) -> StepOrder:
    """An order with folders and an output file, as a worker makes them."""
    order = steps.order(make_action(script, **fields))
    folders = {name: order.scratch.parent / name for name in FOLDERS}
    for folder in folders.values():
        folder.mkdir()
    order = attrs.evolve(order, folders=folders, output_file=order.scratch / "stroem-output")
    return files.publish(order, globs)


async def test_files_arrive_and_come_back(steps: Steps, files: FileServer) -> None:
    script = """
        cat "$STATE_DIR/sub/old"; echo new >"$STATE_OUT_DIR/state.json"; echo n=1 >"$STROEM_OUTPUT"
        mkdir "$ARTIFACTS_DIR/deep"; umask 077; echo secret >"$ARTIFACTS_DIR/deep/a b"
        ln "$ARTIFACTS_DIR/deep/a b" "$ARTIFACTS_DIR/hard"; mkfifo "$ARTIFACTS_DIR/pipe"
        ln -s /etc/passwd "$ARTIFACTS_DIR/out"
        exit 3
    """
    order = with_folders(steps, files, script)
    (order.folders["STATE_DIR"] / "sub").mkdir()
    (order.folders["STATE_DIR"] / "sub" / "old").write_text("old\n")
    ended = await steps.run_order(order)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (3, "old\n", "")
    assert (order.folders["STATE_OUT_DIR"] / "state.json").read_text() == "new\n"
    assert (order.folders["ARTIFACTS_DIR"] / "deep" / "a b").read_text() == "secret\n"
    assert {path.name for path in order.folders["ARTIFACTS_DIR"].iterdir()} == {"deep", "hard"}
    assert (order.folders["ARTIFACTS_DIR"] / "hard").stat().st_nlink == 1
    assert order.output_file is not None
    assert order.output_file.read_text() == "n=1\n"


async def test_other_users_of_images_read_and_write_them(steps: Steps, files: FileServer) -> None:
    script = 'cat "$STATE_DIR/old"; umask 077; id -u >"$STATE_OUT_DIR/who"; echo x=1 >"$STROEM_OUTPUT"'
    for image, options, user in (
        ("stroem-test/user:1", PodOptions(), 1234),
        ("stroem-test/tools:1", PodOptions(user="77"), 77),
    ):
        order = attrs.evolve(with_folders(steps, files, script, image=image), options=options)
        (order.folders["STATE_DIR"] / "old").write_text("old\n")
        ended = await steps.run_order(files.publish(order))
        assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "old\n", "")
        assert (order.folders["STATE_OUT_DIR"] / "who").read_text() == f"{user}\n"


async def test_globs_find_files_of_the_workspace_as_the_step_left_it(steps: Steps, files: FileServer) -> None:
    script = "rm dist/gone.whl; mkdir -p dist/x; echo 1 >dist/x/new.whl; echo 2 >'dist/odd\nname.whl'; echo 3 >other"
    order = with_folders(steps, files, script, globs=("dist/**/*.whl",))
    (order.directory / "dist").mkdir()
    for name in ("gone.whl", "kept.whl", "no.txt"):
        (order.directory / "dist" / name).write_text(name)
    assert (await steps.run_order(order)).exit_code == 0
    found = {str(path.relative_to(order.directory)) for path in order.directory.rglob("*") if path.is_file()}
    assert found == {"dist/x/new.whl", "dist/kept.whl"}


async def test_an_image_without_a_workspace_has_the_folders_too(steps: Steps, files: FileServer) -> None:
    order = with_folders(steps, files, "")
    action = make_action(None, cmd='ls /workspace; cat "$STATE_DIR/old"; echo kept >"$ARTIFACTS_DIR/made"')
    (order.folders["STATE_DIR"] / "old").write_text("old\n")
    ended = await steps.run_order(attrs.evolve(order, action=action))
    assert (ended.exit_code, ended.stdout) == (0, "old\n")
    assert (order.folders["ARTIFACTS_DIR"] / "made").read_text() == "kept\n"


async def test_a_step_that_leaves_nothing_sends_nothing(steps: Steps, files: FileServer) -> None:
    files.sent.clear()
    assert (await steps.run_order(with_folders(steps, files, "echo done"))).stdout == "done\n"
    assert files.sent == {}


async def test_a_step_starts_when_its_sidecar_can_be_told_to_send(
    steps: Steps, files: FileServer, cluster: TestCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"until [ -e /packed/go ]; do sleep 0.01; done\n{collector._SCRIPT}"
    monkeypatch.setattr(collector, "_SCRIPT", script)
    monkeypatch.setattr(collector, "_UNTIL_READY", f": >/packed/waits; {collector._UNTIL_READY}")
    order = with_folders(steps, files, 'echo x >"$ARTIFACTS_DIR/a"')
    running = asyncio.create_task(steps.run_order(order))
    await eventually(cluster.pods)
    packed = cluster.volume(cluster.pods()[0], "packed")
    await eventually((packed / "waits").exists)
    (state,) = (one["state"] for one in cluster.pods()[0]["status"]["containerStatuses"])
    assert set(state) == {"waiting"}
    (packed / "go").touch()
    assert (await running).exit_code == 0
    assert (order.folders["ARTIFACTS_DIR"] / "a").read_text() == "x\n"


async def test_files_that_the_server_does_not_take(
    steps: Steps, files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "takes", False)
    order = with_folders(steps, files, 'echo x >"$ARTIFACTS_DIR/a"')
    with pytest.raises(RunnerFailed, match=r"left in its folders did not reach the server: curl: \(22\).*413"):
        await steps.run_order(order)
    ended = await steps.run_order(with_folders(steps, files, 'echo x >"$ARTIFACTS_DIR/a"; exit 4'))
    assert ended.exit_code == 4
    assert any("413" in note for note in ended.notes)


async def test_the_token_is_only_in_containers_of_ours(steps: Steps, files: FileServer) -> None:
    order = with_folders(steps, files, 'ln -s /proc/1/environ "$STROEM_OUTPUT"; env | grep -c TOKEN; cat /tmp/.stroem*')
    ended = await steps.run_order(order)
    assert ended.stdout == "0\n"
    assert order.output_file is not None
    assert not os.path.lexists(order.output_file), "a link is not followed"
    manifest = {"spec": {"initContainers": [{"name": "collector", "image": "x"}]}}
    named_so = attrs.evolve(order, action=make_action(None, cmd="true", manifest=manifest))
    with pytest.raises(RunnerFailed, match="'collector', which is a name of"):
        await steps.run_order(named_so)


@pytest.mark.parametrize(
    "glob", ["a/b.txt", "dist", "dist/**", "**/*.py", "a/[!x]?*.[ch]", "x[*]y", "**/a/**/b-*.tar.gz"]
)
def test_patterns_match_at_least_what_globs_do(glob: str, tmp_path: Path) -> None:
    parts = ["a", "b", "dist", "x", "x*y", "b.txt", "a.py", "ab.c", "b-1.tar.gz"]
    paths = [*parts, *(f"{p}/{q}" for p in parts for q in parts), *(f"a/{p}/{q}" for p in parts for q in parts)]
    found = {path for path in paths if fnmatch.fnmatchcase(path, find_pattern(glob))}
    assert set(matching(paths, glob)) <= found
    assert glob != "a/b.txt" or found == {path for path in paths if path.startswith("a/b.txt")}
