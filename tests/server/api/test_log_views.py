"""Line numbers, searches and summaries of logs over REST."""

import uuid
from typing import Any

import orjson
import pytest


@pytest.fixture
async def claim(server: Any, plain_worker: Any) -> Any:
    """A running step that has printed."""
    await server.start_job()
    found = await plain_worker.claim()
    await plain_worker.log(found, "begin", "error: timeout of no-pin-given", "Timeout again", "end")
    return found


@pytest.mark.parametrize("path", ["logs", "steps/say-first/logs"])
async def test_ranges_by_line_numbers(server: Any, claim: Any, path: str) -> None:
    page = await server.get(f"/api/jobs/{claim['job_id']}/{path}", skip=2, limit=1)
    assert [orjson.loads(line)["line"] for line in page.pop("logs").splitlines()] == ["Timeout again"]
    assert page == {"next": 3, "more": True, "total": 4, "first": 2, "lines": 4}
    assert "lines" not in await server.get(f"/api/jobs/{claim['job_id']}/{path}", limit=1)


async def test_a_log_as_a_file(server: Any, claim: Any, plain_worker: Any) -> None:
    await plain_worker.log(claim, "\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07", " 10 %\r100 %\r")
    path = f"/api/jobs/{claim['job_id']}/logs"
    kept = ["\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07", " 10 %\r100 %\r"]
    for query, texts in ({"skip": 4}, ["red link", "100 %"]), ({"skip": 4, "ansi": "keep"}, kept):
        async with server.http.get(path, params={"format": "text", **query}) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert response.headers["Content-Disposition"] == f'attachment; filename="{claim["job_id"][:8]}.log"'
            assert (await response.read()).decode() == "".join(f"{text}\n" for text in texts)
    async with server.http.get(f"/api/jobs/{claim['job_id']}/steps/say-first/logs?format=jsonl&attempt=1") as response:
        assert f"{claim['job_id'][:8]}-say-first-1.jsonl" in response.headers["Content-Disposition"]
        records = [orjson.loads(line) for line in (await response.read()).splitlines()]
    assert [record["line"] for record in records][:2] == ["begin", "error: timeout of ••••••"]
    async with server.http.get(f"/api/jobs/{uuid.uuid4()}/logs?format=text") as response:
        assert response.status == 404


async def test_a_long_file_comes_in_pages(server: Any, claim: Any, plain_worker: Any) -> None:
    for _ in range(3):
        await plain_worker.log(claim, *["x" * 1000] * 300)
    path = f"/api/jobs/{claim['job_id']}/logs"
    async with server.http.get(path, params={"format": "text"}) as response:
        assert (await response.text()).count("\n") == 904
    async with server.http.get(path, params={"format": "text", "limit": 500}) as response:
        assert (await response.text()).count("\n") == 500


@pytest.mark.parametrize("path", ["logs", "steps/say-first/logs"])
async def test_search(server: Any, claim: Any, path: str) -> None:
    path = f"/api/jobs/{claim['job_id']}/{path}/search"
    assert await server.get(path, q="timeout") == {
        "lines": [1, 2], "count": 2, "next": 4, "total": 4, "stopped": None,
    }  # fmt: skip
    assert (await server.get(path, q="timeout", case="true"))["lines"] == [1]
    assert (await server.get(path, q="^(begin|end)$", regex="true", after=1))["lines"] == [3]
    assert (await server.get(path, q="timeout", stream="stderr"))["count"] == 0
    first = await server.get(path, q="timeout", limit=1)
    assert (first["lines"], first["next"], first["stopped"]) == ([1], 2, "limit")


@pytest.mark.parametrize("path", ["logs", "steps/say-first/logs"])
async def test_masked_lines_are_not_found_by_their_secrets(server: Any, plain_worker: Any, path: str) -> None:
    job_id = await server.start_job(pin="1-2-my-pin")
    await plain_worker.log(await plain_worker.claim(), "begin", "the pin is 1-2-my-pin, said the program")
    path = f"/api/jobs/{job_id}/{path}"
    lines = [orjson.loads(line)["line"] for line in (await server.get(path))["logs"].splitlines()]
    assert lines == ["begin", "the pin is ••••••, said the program"]
    for more in ({}, {"regex": "true"}, {"case": "true"}):
        assert (await server.get(f"{path}/search", q="the pin is ••••••, said", **more))["lines"] == [1]
        for part in ("1-2-my-pin", "my-pin", "is 1"):
            assert (await server.get(f"{path}/search", q=part, **more))["count"] == 0


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "(", "regex": "true"}, {"q": "x", "stream": "stdin"}])
async def test_searches_that_are_refused(server: Any, claim: Any, query: dict[str, str]) -> None:
    async with server.http.get(f"/api/jobs/{claim['job_id']}/logs/search", params=query) as response:
        assert response.status == 400


async def test_summary(server: Any, claim: Any) -> None:
    found = await server.get(f"/api/jobs/{claim['job_id']}/steps/say-first/logs/summary")
    size = found["size_bytes"]
    assert found == {
        "lines": 4, "size_bytes": size, "first_at": "2026-01-01T00:00:00.5Z", "last_at": "2026-01-01T00:00:00.5Z",
        "attempts": [{"attempt": 1, "lines": 4, "size_bytes": size, "position": 0}],
        "stderr_lines": 0, "first_stderr": None, "first_error": 1, "scanned": 4,
    }  # fmt: skip
    assert (await server.get(f"/api/jobs/{claim['job_id']}/logs/summary"))["attempts"] == []


@pytest.mark.parametrize("path", ["logs/summary", "logs/search?q=x"])
async def test_unknown_steps(server: Any, claim: Any, path: str) -> None:
    async with server.http.get(f"/api/jobs/{claim['job_id']}/steps/third/{path}") as response:
        assert response.status == 404


async def test_a_step_that_has_not_been_reached_has_an_empty_log(server: Any) -> None:
    job_id = await server.start_job()
    path = f"/api/jobs/{job_id}/steps/second/logs"
    assert await server.get(path) == {"logs": "", "next": 0, "more": False, "total": 0}
    assert (await server.get(f"{path}/summary"))["lines"] == 0
    assert (await server.get(f"{path}/search", q="x"))["lines"] == []
