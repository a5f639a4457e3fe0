"""Dialects for tests of what reads workflow files."""

from stroem.dialects.installed import InstalledDialects
from stroem.dialects.stroem_yaml.dialect import YamlDialect
from tests.support.triggers import TRIGGER_TYPES


def _yaml() -> YamlDialect:
    dialect = YamlDialect()
    dialect.trigger_types = TRIGGER_TYPES
    return dialect


YAML_ONLY = InstalledDialects({YamlDialect.name: _yaml()})
