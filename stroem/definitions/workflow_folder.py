"""The folder of workflow files in a workspace."""

WORKFLOW_FOLDER = ".workflows/"

ENCRYPTED_ENDINGS = (".sops.yaml", ".sops.yml")
"""Endings of encrypted files, which are not read."""


def inferred_folder(path: str) -> str | None:
    """The folder of tasks that name none: that of their file below `.workflows/`."""
    return path.removeprefix(WORKFLOW_FOLDER).rpartition("/")[0] or None
