"""The workflow files of a snapshot, and its file of rules."""

from stroem.definitions.workflow_folder import RULES_FILE
from stroem.dialects.installed import InstalledDialects
from stroem.files.links import target
from stroem.interfaces.source import Snapshot
from stroem.records.release import FileEntry


def workflow_files(snapshot: Snapshot, dialects: InstalledDialects) -> dict[str, FileEntry]:
    """The workflow files by path, each with the entry of its content, links followed.

    Links that lead out of the workspace, to nothing, or in a circle are left out.
    """
    files = {file.path: file for file in snapshot.files}
    found = ((path, target(path, files)) for path in dialects.workflow_files(files))
    return {path: entry for path, entry in found if entry is not None}


def rules_entry(snapshot: Snapshot) -> FileEntry | None:
    """The entry of the file of rules of rights. A link does not count."""
    return next((file for file in snapshot.files if file.path == RULES_FILE and file.link is None), None)
