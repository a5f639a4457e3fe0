"""The dialect of YAML files keeps the rules of all dialects."""

from typing import ClassVar

from stroem.definitions.action import Action
from stroem.dialects.stroem_yaml.dialect import YamlDialect
from stroem.testing.dialect_conformance import DialectConformance

WORKFLOW = b"""\
actions:
  build: {type: script, script: make}
tasks:
  release:
    flow:
      build: {action: build}
      test: {type: script, script: make test, depends_on: [build]}
      notify: {action: tell, depends_on: [test], continue_on_failure: true}
  empty-handed:
    flow:
      only: {action: build}
"""


class TestYaml(DialectConformance):
    dialect = YamlDialect
    files: ClassVar = {".workflows/release.yaml": WORKFLOW}
    actions: ClassVar = {"tell": Action(type="script", script="echo done")}
