"""Which files of a step are its artifacts."""

from pathlib import Path

from stroem.worker.files.work_dirs import WorkDir
from stroem.worker.steps.step_artifacts import _found


def test_inline_scripts_of_this_and_other_steps_are_none(tmp_path: Path) -> None:
    work_dir = WorkDir(tmp_path)
    for folder in (work_dir.directory, work_dir.artifacts):
        folder.mkdir()
    for name in ("stroem_script.py", "stroem_script_3_1.py", "stroem_script_x.py", "made.py"):
        (work_dir.directory / name).touch()
    notes: list[str] = []
    assert [one.name for one in _found(work_dir, ["**"], notes)] == ["made.py", "stroem_script_x.py"]
    assert _found(work_dir, ["stroem_script.py"], notes) == []
    assert notes == ["[artifacts] No file matches 'stroem_script.py'"]
