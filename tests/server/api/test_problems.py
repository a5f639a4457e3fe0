"""Problems with the lines around them."""

from typing import Any

from stroem.server.keys import RECONCILER

BROKEN = """tasks:
  digest:
    flow:
      greet:
        action: greeet
        depends_on: []
triggers:
  odd: {type: scheduler, cron: "0 25 * * *", task: digest}
secrets:
  other: {token: anoth3r-secret, key: [1, 2]}
connections:
  more: {pasword: pa55word-of-warehouse, type: postgress}
"""


async def broken(server: Any, text: str = BROKEN) -> Any:
    (server.folder / ".workflows" / "broken.yaml").write_text(text)
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    return await server.get("/api/workspaces/main/problems")


def underlined(found: Any) -> dict[str, str]:
    """The underlined texts by the code of their problem."""
    shown = {}
    for one in found["excerpts"]:
        line = one["lines"][one["line"] - one["first_line"]]
        shown[found["problems"][one["problem"]]["code"]] = line[one["column"] - 1 : (one["end_column"] or 0) - 1]
    return shown


async def test_mistakes_have_their_lines(server: Any) -> None:
    found = await broken(server)
    assert found["current"] is False
    assert "is not valid" in found["error"]
    assert (found["commit"], found["commit_url"]) == (None, None)
    by_code = {found["problems"][one["problem"]]["code"]: one for one in found["excerpts"]}
    action = by_code["unknown-action"]
    assert (action["first_line"], action["line"], action["url"]) == (3, 5, None)
    assert action["lines"] == [
        "    flow:",
        "      greet:",
        "        action: greeet",
        "        depends_on: []",
    ]
    assert underlined(found)["unknown-action"] == "greeet"
    assert '"0 25 * * *"' in underlined(found).values()
    assert "secret" not in str([one["lines"] for one in found["excerpts"]]).replace("secrets:", "")
    assert "pa55word" not in str(found)


async def test_a_file_that_is_no_yaml_has_lines_without_secrets(server: Any) -> None:
    found = await broken(server, "secrets:\n  db: {password: s3cr3t-of-broken\n  other: s3cr3t-of-broken\ntasks: [\n")
    errors = [one for one in found["excerpts"] if found["problems"][one["problem"]]["severity"] == "error"]
    assert errors[0]["lines"]
    assert "s3cr3t-of" not in str(found)


async def test_plans_have_lines_too(server: Any) -> None:
    (server.folder / ".workflows" / "broken.yaml").write_text(BROKEN)
    async with server.http.post("/api/workspaces/main/plan", json={}) as response:
        plan = await response.json()
    assert plan["valid"] is False
    assert underlined(plan)["unknown-action"] == "greeet"
    assert "pa55word" not in str(plan)


async def test_warnings_of_what_runs_are_there(server: Any) -> None:
    found = await server.get("/api/workspaces/main/problems")
    assert (found["current"], found["error"]) == (True, None)
    assert underlined(found) == {"no-effect": "mcp_servers"}


async def test_a_restarted_server_shows_the_same(server: Any) -> None:
    before = await broken(server)
    followed = server.app[RECONCILER].workspaces.get("main")
    followed.validation = followed.merged = followed.snapshot = followed.evaluation = None
    after = await server.get("/api/workspaces/main/problems")
    assert underlined(after) == underlined(before)
    assert "anoth3r" not in str(after)
