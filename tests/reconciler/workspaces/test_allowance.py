"""A workspace whose workflow files are too much together is told so, and is well again without some of them."""

from pathlib import Path

import pytest

from tests.reconciler.conftest import MakeReconciler, write_task


def bomb(name: str, levels: int = 12) -> str:
    """A connection of 2**levels values, in a line for each level."""
    lines = [f"  {name}-0: &a0 {{v: [x, x]}}"]
    lines += [f"  {name}-{n}: &a{n} {{v: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, levels)]
    return "\n".join(["connections:", *lines])


async def test_what_is_too_much_together_holds_the_revision(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    good = await reconciler.pipeline.reconcile("main")
    for number in range(6):
        (folder / ".workflows" / f"bomb{number}.yaml").write_text(bomb(f"b{number}"))
    for _ in range(2):
        held = await reconciler.pipeline.reconcile("main")
        assert held.release == good.release
        assert held.problems
        assert {problem.code for problem in held.problems} == {"too-large"}
    for number in range(3):
        (folder / ".workflows" / f"bomb{number}.yaml").unlink()
    well = await reconciler.pipeline.reconcile("main")
    assert (well.problems, well.error) == ((), None)


@pytest.mark.slow("large data or many rounds")
async def test_one_folder_under_many_names_counts_each_time(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    library = folder / "lib" / ".workflows"
    library.mkdir(parents=True)
    (library / "a.yaml").write_text(
        "actions:\n"
        + "".join(f"  a{n}: {{type: shell, cmd: 'true', env: *e}}\n" for n in range(1, 600)).replace(
            "*e", "&e {" + ", ".join(f"K{n}: v" for n in range(30)) + "}", 1
        )
    )
    names = "".join(f"  l{n}: {{type: folder, path: lib}}\n" for n in range(50))
    (folder / ".stroem.yaml").write_text(f"libraries:\n{names}")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    status = await reconciler.pipeline.reconcile("main")
    assert {problem.code for problem in status.problems} == {"too-large"}
    assert status.release is None
