"""The rights of a worker in a cluster."""

import re

from tests.support.kubernetes.cluster import ROOT

GUIDE = ROOT / "docs" / "guides" / "kubernetes.md"


def rights_of_the_guide() -> str:
    """The YAML with the rights of a worker, as the guide has it."""
    found = re.findall(r"```yaml rights\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(found) == 1
    return found[0]
