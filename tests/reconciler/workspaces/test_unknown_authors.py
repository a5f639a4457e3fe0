"""Four eyes in a workspace whose source has no commits, so that the author is never known."""

from pathlib import Path

import attrs

from stroem.dialects.environment import Environment
from stroem.settings.release_guards import GuardSettings
from tests.reconciler.conftest import MakeReconciler, folder_settings
from tests.validation.conftest import check_workspace

APPROVAL = """
actions:
  ask: {type: approval, message: May it?, four_eyes: [starter, author]}
  other: {type: approval, message: May it?, four_eyes: starter}
tasks:
  t: {flow: {ask: {action: ask}, other: {action: other}}}
"""


async def test_approvals_and_guards_that_nobody_can_give_are_told(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    (folder / ".workflows" / "approval.yaml").write_text(APPROVAL)
    settings = attrs.evolve(folder_settings(folder), guards=GuardSettings(four_eyes=True))
    reconciler = make_reconciler(main=settings)
    await reconciler.replicas.restore()
    status = await reconciler.pipeline.reconcile("main")
    action, guard = status.warnings
    assert guard.startswith("nobody can ever approve what waits: `guards.four_eyes` needs authors")
    assert action.startswith(".workflows/approval.yaml:3:")
    assert "nobody can ever approve: the author is not known" in action
    assert status.error is None


def test_a_source_with_commits_brings_the_warning_of_all_files_to_an_end() -> None:
    texts = {".workflows/a.yaml": APPROVAL}
    bare = check_workspace(texts, Environment(runners={"local": None}, has_authors=False))
    assert [one.code for one in bare.problems] == ["unknown-author"]
    assert check_workspace(texts, Environment(runners={"local": None}), bare).problems == ()
