"""The folder of workflow files in a workspace, and the file of rules of rights."""

WORKFLOW_FOLDER = ".workflows/"

RULES_FILE = "stroem-rules.yaml"
"""The path of the roles and rules, at the root of the workspace that `rules_from` names in the settings."""

ENCRYPTED_ENDINGS = (".sops.yaml", ".sops.yml")
"""Endings of encrypted files, which are not read."""


def inferred_folder(path: str) -> str | None:
    """The folder of tasks that name none: that of their file below `.workflows/`."""
    return path.removeprefix(WORKFLOW_FOLDER).rpartition("/")[0] or None
