"""Dialects for tests of what reads workflow files."""

from stroem.dialects.installed import InstalledDialects
from stroem.dialects.stroem_yaml.dialect import YamlDialect

YAML_ONLY = InstalledDialects({YamlDialect.name: YamlDialect()})
