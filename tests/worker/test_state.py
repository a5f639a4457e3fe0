"""The state of steps on a worker: restored, collected, uploaded before the outcome."""

import gzip
import io
import stat
import tarfile
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from tests.worker.scripted_server import tar_gz

BASE = str(uuid.uuid4())


def files_of(archive: bytes) -> dict[str, bytes]:
    """The files of an archive by name."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as found:
        return {one.name: content.read() for one in found if (content := found.extractfile(one)) is not None}


async def test_a_step_without_state_costs_no_request(site: Any, server: Any) -> None:
    async with site.worker():
        outcome = await server.outcome(server.offer("ls $STATE_DIR $STATE_OUT_DIR; echo STATUS: fine"))
    assert outcome["exit_code"] == 0
    assert "snapshots" not in outcome
    assert server.state_requests == []


async def test_the_snapshot_of_the_claim_is_restored_and_the_new_one_names_it(site: Any, server: Any) -> None:
    server.states["/worker/state/w/task"] = tar_gz({"state.json": b'{"n": 1}', "sub/x": b"x"})
    async with site.worker():
        key = server.offer(
            """
            cat $STATE_DIR/state.json $STATE_DIR/sub/x
            echo; echo 'STATE: {"n": 2}'; echo y > $STATE_OUT_DIR/y
            """,
            state_storage_key=BASE,
            state_has_json=True,
            step_id=1,
        )
        outcome = await server.outcome(key)
    (get, post) = server.state_requests
    assert get == ("GET", "/worker/state/w/task", {"snapshot": BASE})
    assert post[:2] == ("POST", f"/worker/state/w/task/{key[0]}")
    assert post[2] == {
        "step_id": "1",
        "step_name": "step",
        "attempt": "1",
        "worker_id": server.worker_ids[0],
        "base": BASE,
    }
    (snapshot,) = outcome["snapshots"]
    assert files_of(server.snapshots[snapshot]) == {"./state.json": b'{"n":2}\n', "./y": b"y\n"}
    assert '{"n": 1}x' in server.lines(key, "stdout")[0]


async def test_an_upload_is_tried_again_until_the_server_has_it(site: Any, server: Any) -> None:
    failures = [web.Response(status=503), web.Response(status=500), web.Response(status=502)]
    server.refuse = lambda path, body: failures.pop() if path == "global-state" and failures else None
    async with site.worker():
        outcome = await server.outcome(server.offer("echo 'GLOBAL_STATE: {\"a\": 1}'"))
    assert len(outcome["snapshots"]) == 1
    assert len(server.state_requests) == 4


async def test_a_refused_upload_fails_the_step(site: Any, server: Any) -> None:
    refusal = {"error": "The state cannot be kept: no"}
    server.refuse = lambda path, body: web.json_response(refusal, status=400) if path == "state" else None
    async with site.worker():
        key = server.offer("echo 'STATE: {\"a\": 1}'; echo 'OUTPUT: 1'")
        outcome = await server.outcome(key)
    assert outcome["error"] == "The state cannot be stored: The state cannot be kept: no (400)"
    assert "snapshots" not in outcome
    assert server.lines(key, "stderr") == [outcome["error"]]


async def test_a_cancel_ends_an_upload(site: Any, server: Any) -> None:
    server.refuse = lambda path, body: web.Response(status=503) if path == "state" else None
    async with site.worker():
        key = server.offer("echo 'STATE: {\"a\": 1}'")
        await server.until(lambda: key in server.leased and server.state_requests)
        server.cancel(key)
        outcome = await server.outcome(key)
    assert outcome["cancelled"]
    assert "snapshots" not in outcome


@pytest.mark.parametrize(
    ("archive", "text"),
    [
        (b"nothing", "damaged"),
        (tar_gz({"x": tarfile.TarInfo("../x")}), "leads out"),
    ],
)
async def test_a_snapshot_that_cannot_be_unpacked_fails_the_step(
    site: Any, server: Any, archive: bytes, text: str
) -> None:
    server.states["/worker/state/w/task"] = archive
    async with site.worker():
        outcome = await server.outcome(server.offer("true", state_storage_key=BASE))
    assert outcome["error"].startswith("The state cannot be restored: ")
    assert text in outcome["error"]


async def test_a_state_that_is_too_large_fails_the_step(site: Any, server: Any) -> None:
    script = "head -c 53000000 /dev/urandom > $STATE_OUT_DIR/large"
    async with site.worker():
        outcome = await server.outcome(server.offer(script))
    assert outcome["error"] == "The state cannot be stored: packed it has more than 52,428,800 bytes"
    assert server.state_requests == []


async def test_an_empty_object_is_a_state_too(site: Any, server: Any) -> None:
    async with site.worker():
        outcome = await server.outcome(server.offer("echo 'STATE: {}'"))
    (snapshot,) = outcome["snapshots"]
    assert files_of(server.snapshots[snapshot]) == {"./state.json": b"{}\n"}


async def test_a_step_may_remove_its_folders_but_not_replace_them(site: Any, server: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "inside").mkdir(parents=True)
    for folder in (other, other / "inside"):
        folder.chmod(0o755)
    async with site.worker(max_concurrent=1):
        removed = server.offer("rmdir $STATE_OUT_DIR $GLOBAL_STATE_OUT_DIR; rm -rf $STATE_DIR")
        assert "error" not in await server.outcome(removed)
        replaced = server.offer(f"rmdir $STATE_OUT_DIR; ln -s '{other}' $STATE_OUT_DIR")
        assert (await server.outcome(replaced))["error"].endswith("state-out is a link")
        assert "error" not in await server.outcome(server.offer("touch $STATE_OUT_DIR/x; rm $STATE_OUT_DIR/x"))
    assert server.state_requests == []
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (other, other / "inside")] == [0o755, 0o755]


async def test_the_next_step_finds_empty_folders(site: Any, server: Any) -> None:
    async with site.worker(max_concurrent=1):
        await server.outcome(server.offer("echo x > $STATE_OUT_DIR/x; echo x > $GLOBAL_STATE_DIR/x"))
        key = server.offer("find $STATE_DIR $STATE_OUT_DIR $GLOBAL_STATE_DIR $GLOBAL_STATE_OUT_DIR -type f")
        outcome = await server.outcome(key)
    assert server.lines(key) == []
    assert "snapshots" not in outcome


async def test_the_workers_token_is_masked_in_printed_state(site: Any, server: Any) -> None:
    async with site.worker():
        outcome = await server.outcome(server.offer('echo \'STATE: {"token": "' + "t" * 32 + "\"}'"))
    (snapshot,) = outcome["snapshots"]
    document = orjson.loads(files_of(server.snapshots[snapshot])["./state.json"])
    assert "t" * 32 not in document["token"]
    assert gzip.decompress(server.snapshots[snapshot])
