"""The pages about rights say what the code does."""

import yaml

from stroem.rights.mistakes import rights_mistakes
from stroem.rights.roles import ROLES
from stroem.rights.rules_file import parse_rules_file
from stroem.rights.verbs import VERBS
from tests.docs.page import DOCS, Page, codes, rows
from tests.rights.test_decisions import settings

GUIDE = Page(DOCS / "guides/rights.md")
REFERENCE = Page(DOCS / "reference/rights.md")


def test_the_reference_has_each_verb_with_its_roles() -> None:
    shown = {codes(row[0])[0]: (row[1], tuple(codes(row[2]))) for row in rows(REFERENCE.own("Verbs"))}
    wanted = {
        verb: (text, tuple(name for name, verbs in ROLES.items() if verb in verbs)) for verb, text in VERBS.items()
    }
    assert shown == wanted


def test_the_examples_of_the_guide_are_valid() -> None:
    blocks = [yaml.safe_load(block.text) for block in GUIDE.blocks if "part-of-settings" in block.marks]
    roles, rules, acl = (next(one for one in blocks if key in one) for key in ("roles", "rules", "acl"))
    assert rights_mistakes(settings(**roles, **rules)) == []
    assert rights_mistakes(settings(**acl)) == []


def test_the_file_of_rules_in_the_guide_is_valid() -> None:
    (block,) = (block for block in GUIDE.blocks if "rules" in block.marks)
    assert parse_rules_file(block.text.encode()).problems == ()


def test_the_guide_names_each_role() -> None:
    assert set(ROLES) <= set(codes(GUIDE.own("Verbs and roles")))
