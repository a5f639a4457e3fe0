"""SQLAlchemy is imported with the first list, never at the start of a program."""

import subprocess
import sys

import pytest

_IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sys.modules)
"""
_FIRST_USE = """
import asyncio, sys, threading
from stroem.store.lists.first_import import import_lists

class Watch:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("sqlalchemy", "stroem.store.lists.event_list"):
            print(name, threading.current_thread() is threading.main_thread())

async def main():
    sys.meta_path.insert(0, Watch)
    await asyncio.gather(import_lists(), import_lists())
    from stroem.store.lists import event_list, job_list, worker_list

asyncio.run(main())
"""


def output_of(script: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "modules",
    [
        ("stroem.server.serving",),
        ("stroem.worker.worker",),
        (
            "stroem.cli.main",
            "stroem.cli.commands.up",
            "stroem.cli.local.standalone",
            "stroem.cli.program.start_plugins",
        ),
    ],
    ids=lambda modules: modules[0],
)
def test_no_start_of_a_program_imports_sqlalchemy(modules: tuple[str, ...]) -> None:
    imported = output_of(_IMPORT, *modules).split()
    assert set(modules) <= set(imported)
    assert "sqlalchemy" not in imported


def test_the_first_list_imports_it_once_and_off_the_event_loop() -> None:
    lines = output_of(_FIRST_USE).splitlines()
    assert sorted(lines) == ["sqlalchemy False", "stroem.store.lists.event_list False"]
