"""Workflow files in YAML, read with the types of triggers of installed plugins."""

from stroem.dialects.stroem_yaml import dialect
from stroem.interfaces.parsed_file import ParsedFile
from tests.support.triggers import TRIGGER_TYPES


def parse(path: str, data: bytes) -> ParsedFile:
    """The definitions of a file, with all its mistakes."""
    return dialect.parse(path, data, TRIGGER_TYPES)
