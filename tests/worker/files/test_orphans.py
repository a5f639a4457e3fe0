"""Processes that a killed worker left behind."""

import os
import subprocess
from pathlib import Path

from stroem.worker.files.orphans import end_orphans
from tests.support.wait import eventually_blocking


def running(mark: str) -> list[str]:
    """The command lines of processes with these bytes in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.fsencode(mark) in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_processes_that_begin_others_all_the_time_are_ended_with_all_of_them(tmp_path: Path) -> None:
    steps = tmp_path / "steps"
    steps.mkdir()
    script = "while :; do (sleep 20 & sleep 0.001); done"
    breeders = [
        subprocess.Popen(
            ["/bin/sh", "-c", script],
            env={"PATH": os.environ["PATH"], "TMPDIR": f"{steps}/1/tmp"},
            start_new_session=True,
        )
        for _ in range(4)
    ]
    try:
        eventually_blocking(lambda: len(running(f"{steps}/1")) >= 30, "30 processes run")
        end_orphans(steps)
        assert running(f"{steps}/1") == []
    finally:
        for breeder in breeders:
            breeder.kill()
            breeder.wait()
    assert not steps.exists()
