"""The reports of a plan: what they say, how long they get, and that nothing in them acts."""

import datetime
import json
import re

import attrs
from syrupy.assertion import SnapshotAssertion

from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.plan import Side, plan_between
from stroem.reconciler.diff.report.markdown import MOST_CHARACTERS, as_markdown
from stroem.reconciler.diff.report.phrases import as_json
from stroem.reconciler.diff.report.text import as_text
from stroem.records.problem import Problem
from stroem.records.release import Commit, FileEntry, LibraryVersion
from stroem.records.release_plan import ReleasePlan
from stroem.rights.difference import OwnRules
from stroem.rights.rules_file import parse_rules_file
from stroem.settings.rights import RuleSettings
from tests.support.dialects import YAML_ONLY
from tests.support.triggers import trigger_of

NOW = datetime.datetime(2026, 11, 2, 12, 0, tzinfo=datetime.UTC)
REPORTS = (as_text, as_json, as_markdown)


def deploy(version: str, script: str) -> Definitions:
    return Definitions(
        secrets={"token": f"value of {version}"},
        actions={"ship": Action(type="script", source="ship.sh", env={"TOKEN": "{{ secret.token }}"})},
        tasks={
            "deploy": Task(
                flow={
                    "build": Step(
                        action="ship", input={"version": version, "notes": script, "pin": f"-p pin {version}"}
                    )
                },
                input={"pin": InputField(secret=True, default=f"pin {version}")},
            )
        },
        triggers={"nightly": trigger_of("scheduler", "deploy", cron=f"{len(version)} 3 * * *")},
    )


def example() -> ReleasePlan:
    old = deploy("1.2.0", "one\ntwo\nthree\n")
    new = deploy("1.10.0", "one\n2\nthree\n")
    new = attrs.evolve(
        new,
        actions={**new.actions, "say": Action(type="script", script="echo")},
        triggers={**new.triggers, "weekly": trigger_of("scheduler", "deploy", cron="0 5 * * 1")},
    )
    return plan_between(
        Side(
            revision="1" * 40,
            definitions=attrs.evolve(old, tasks={**old.tasks, "old": Task(flow={"s": Step(action="ship")})}),
            files=(FileEntry(path="README.md", digest="1"), FileEntry(path="ship.sh", digest="1")),
            libraries=(LibraryVersion(name="http", revision="2" * 40, origin="https://host/http.git", ref="v1"),),
            release=12,
            commit=Commit(author="Ada", message="First\n\nMore", at=NOW),
        ),
        Side(
            revision="3" * 40,
            definitions=new,
            files=(FileEntry(path="ship.sh", digest="2", mode=0o755), FileEntry(path="unused.sh", digest="2")),
            libraries=(LibraryVersion(name="http", revision="4" * 40, origin="https://host/http.git", ref="v2"),),
            commit=Commit(author="Ben", message="Deploy twice", at=NOW),
        ),
        [
            Problem(code="link", message="leads to nothing", file=".workflows/a.yaml", severity="warning"),
            Problem(
                code="unknown-action", message="there is no action 'x'", file=".workflows/b.yaml", line=3, hint="y"
            ),
        ],
        dialects=YAML_ONLY,
        now=NOW,
        live_jobs={"deploy": 2, "old": 1},
    )


def rights_example() -> ReleasePlan:
    """Rules that give, take and deny, beside a rule of the settings."""
    old = b"""\
rules:
  - {role: viewer, everyone: true}
  - {role: operator, groups: [dev, ops], users: [bob@example.com]}
"""
    new = b"""\
roles: {deployer: {verbs: [job.run]}}
rules:
  - {role: operator, groups: [ops]}
  - {role: deployer, groups: [dev], workspaces: [default], tasks: ["deploy/*"]}
  - {role: editor, service_accounts: [ci], workspaces: ["web-*"]}
  - {role: viewer, groups: [dev, ops], workspaces: [default]}
  - {effect: deny, verbs: ["*"], groups: [ops], tasks: ["secret/*"]}
"""
    sides = [
        Side(
            revision=digit * 40,
            definitions=Definitions(),
            files=(FileEntry(path="stroem-rules.yaml", digest=digit),),
            rules=parse_rules_file(data),
        )
        for digit, data in (("1", old), ("2", new))
    ]
    own = OwnRules(workspace="access", rules=[RuleSettings(role="viewer", users=("bob@example.com",))])
    return plan_between(*sides, dialects=YAML_ONLY, now=NOW, own_rules=own)


def test_rights_as_text(snapshot: SnapshotAssertion) -> None:
    assert as_text(rights_example()) == snapshot


def test_rights_as_markdown(snapshot: SnapshotAssertion) -> None:
    assert as_markdown(rights_example()) == snapshot


def test_rights_as_json(snapshot: SnapshotAssertion) -> None:
    assert as_json(rights_example()) == snapshot


def test_rules_with_mistakes_show_no_rights() -> None:
    wrong = parse_rules_file(b"rules: [{role: viewr, everyone: true}]")
    side = Side(revision="1" * 40, definitions=Definitions(), rules=wrong)
    assert plan_between(None, side, dialects=YAML_ONLY, now=NOW).rights == ()


def test_text(snapshot: SnapshotAssertion) -> None:
    assert as_text(example()) == snapshot


def test_markdown(snapshot: SnapshotAssertion) -> None:
    assert as_markdown(example()) == snapshot


def test_json(snapshot: SnapshotAssertion) -> None:
    assert as_json(example()) == snapshot


def test_the_json_is_what_a_plan_is_read_from() -> None:
    assert canonical.from_json(json.loads(as_json(example())), ReleasePlan) == example()


def test_nothing_to_tell() -> None:
    side = Side(revision="working tree", definitions=Definitions())
    plan = plan_between(side, side, dialects=YAML_ONLY, now=NOW)
    assert as_text(plan).endswith("\nNothing would change.\n")
    assert as_markdown(plan).startswith("### Nothing would change\n")


HOSTILE = (
    "</code></summary></details><script>alert(1)</script>",
    "x\n```\n# heading\n@everyone [link](http://evil) ![i](http://evil/i.png)",
    "``````````",
    "\x1b[2J\x1b]0;title\x07 \u202egnirts \u2028 line",
    "| a | b |\n<!-- -->",
)


def hostile() -> ReleasePlan:
    texts: dict[str, Json] = {f"{number}{text}": text for number, text in enumerate(HOSTILE)}
    tasks = {
        name: Task(flow={name: Step(action=str(text), input=texts)}, description=str(text))
        for name, text in texts.items()
    }
    side = Side(
        revision=HOSTILE[0],
        definitions=Definitions(tasks=tasks),
        files=tuple(FileEntry(path=name, digest="1") for name in texts),
        commit=Commit(author=HOSTILE[1], message=HOSTILE[0], at=NOW),
    )
    problems = [Problem(code="c", message=text, file=text, hint=text) for text in HOSTILE]
    return plan_between(None, side, problems, dialects=YAML_ONLY, now=NOW, live_jobs=dict.fromkeys(texts, 1))


def outside_fences(markdown: str) -> str:
    """What a renderer would look for markup in, by the rules of CommonMark for fences."""
    kept: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        found = re.match(r" {0,3}(`{3,})(.*)$", line)
        if fence:
            fence = "" if found and len(found[1]) >= len(fence) and not found[2].strip() else fence
        elif found:
            fence = found[1]
        else:
            kept.append(line)
    assert not fence
    return "\n".join(kept)


def test_names_and_values_cannot_act_in_markdown() -> None:
    text = outside_fences(as_markdown(hostile()))
    for word in ("<script", "@everyone", "](", "http:", "<!--", "# heading", "evil/"):
        assert word not in text
    assert text.count("<details") == text.count("</details>")
    assert set(re.findall(r"<(/?\w+)", text)) <= {"code", "/code", "details", "/details", "summary", "/summary"}


def test_names_and_values_cannot_act_in_a_terminal() -> None:
    for line in as_text(hostile()).split("\n"):
        assert line.isprintable()


def test_markdown_has_a_greatest_length_and_says_what_it_leaves_out() -> None:
    name = "<`@&|" * 60
    tasks = {f"{name}{number:04}": Task(flow={name: Step(action=name * 4)}) for number in range(500)}
    files = tuple(FileEntry(path=f"{name * 5}{number}", digest="1") for number in range(500))
    problems = [Problem(code="c", message=name * 5, file=name, hint=name)] * 500
    side = Side(revision=name, definitions=Definitions(tasks=tasks), files=files)
    plan = plan_between(None, side, problems, dialects=YAML_ONLY, now=NOW, live_jobs=dict.fromkeys(tasks, 1))
    text = as_markdown(plan)
    assert len(text) <= MOST_CHARACTERS
    assert "more definitions" in text
    outside = outside_fences(text)
    assert outside.count("<details") == outside.count("</details>")
