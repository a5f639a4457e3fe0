"""JSON Schema of the file of rules, for editors."""

from stroem.conversion.json_schema import DRAFT, WRITTEN_TEXT, Schema, TypeSchemas
from stroem.definitions.workflow_folder import RULES_FILE
from stroem.rights.rules_file import RulesContent


def rules_schema() -> Schema:
    """The schema of the file with the roles and rules of a workspace."""
    types = TypeSchemas(text=WRITTEN_TEXT)
    properties = types.fields(RulesContent)
    return {
        "$schema": DRAFT,
        "title": "Strøm rules",
        "description": f"Who may do what: {RULES_FILE} of the workspace that gives rights.",
        "type": "object",
        "properties": properties,
        "required": ["rules"],
        "additionalProperties": False,
        "$defs": types.definitions,
    }
