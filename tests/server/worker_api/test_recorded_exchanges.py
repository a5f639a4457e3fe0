"""Recorded exchanges of the older worker against a server."""

from pathlib import Path

import pytest

from tests.server.conftest import Running
from tests.server.worker_api.recorded_exchanges import FOLDER, Exchange, Recording, Replay, read_recording


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
async def test_the_server_answers_as_recorded(server: Running, file: Path) -> None:
    recording = read_recording(file)
    (server.folder / ".workflows" / "recorded.yaml").write_text(recording.workflows)
    async with server.http.post("/api/workspaces/main/reconcile", json={}) as response:
        assert [one for one in (await response.json())["problems"] if one["code"] != "no-effect"] == []
    await Replay(server=server).run(recording)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "well"}, "answer.status is 'ok', not 'well'"),
        ({"more": 1}, "answer.more is '<absent>', not 1"),
        ({"status": "<absent>"}, "answer.status is there: 'ok'"),
        ({"status": ["ok"]}, "answer.status is 'ok', not \\['ok'\\]"),
    ],
)
async def test_another_answer_is_told(server: Running, answer: object, words: str) -> None:
    heartbeat = Exchange(
        request="POST /worker/heartbeat", json={"worker_id": "00000000-0000-4000-8000-000000000000"}, answer=answer
    )
    with pytest.raises(AssertionError, match=words):
        await Replay(server=server).run(Recording(workflows="", exchanges=(heartbeat,)))
