"""Links that lead nowhere inside a workspace are told where its author looks."""

from pathlib import Path

from click.testing import CliRunner

from stroem.cli.main import stroem
from stroem.interfaces.source import Snapshot
from stroem.reconciler.sources.link_problems import link_problems
from stroem.records.release import FileEntry
from tests.reconciler.conftest import MakeReconciler, write_task
from tests.support.dialects import YAML_ONLY

ASTRAY = {
    "absolute": "/etc/passwd",
    "deep/up": "../../outside",
    "by-another": "deep/up",
    "nothing": "scripts/missing.sh",
    "below-a-file": "scripts/run.sh/x",
    "circle": "circle2",
    "circle2": "circle",
}
GOOD = {"to-file": "scripts/run.sh", "to-folder": "scripts", "to-root": ".", "deep/by": "../to-folder/run.sh"}
SAID = {
    "absolute": "leads out of the workspace (/etc/passwd), so steps do not have it",
    "deep/up": "leads out of the workspace (../../outside)",
    "by-another": "leads out of the workspace (deep/up)",
    "nothing": "leads to nothing in the workspace (scripts/missing.sh)",
    "below-a-file": "leads to nothing in the workspace",
    "circle": "leads in a circle (circle2)",
    "circle2": "leads in a circle (circle)",
}


def fill(folder: Path) -> None:
    write_task(folder, "build")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "run.sh").write_text("true\n")
    (folder / "deep").mkdir()
    for path, link in (ASTRAY | GOOD).items():
        (folder / path).symlink_to(link)


async def test_the_status_tells_them(make_reconciler: MakeReconciler, folder: Path) -> None:
    fill(folder)
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    found = {problem.file: problem for problem in status.problems}
    assert found.keys() == SAID.keys()
    for path, said in SAID.items():
        assert said in found[path].message
        assert (found[path].code, found[path].severity) == ("link", "warning")
    assert len(status.warnings) == len(SAID)


def test_validate_and_plan_tell_them(folder: Path) -> None:
    fill(folder)
    checked = CliRunner().invoke(stroem, ["validate", str(folder)])
    assert checked.exit_code == 0
    planned = CliRunner().invoke(stroem, ["plan", str(folder)])
    for path, said in SAID.items():
        assert f"{folder}/{path}:1:1: warning link" in checked.output
        assert said in checked.output
        assert said in planned.output
    assert "0 errors, 7 warnings" in checked.output


def test_thousands_are_counted() -> None:
    links = tuple(FileEntry(path=f"l{number:05}", link="/out", mode=0o777) for number in range(5000))
    found = link_problems(Snapshot(revision="r", files=links), YAML_ONLY)
    assert len(found) == 101
    assert found[-1].message == "4,900 more links lead to nothing inside the workspace"
