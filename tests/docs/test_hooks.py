"""docs/reference/hooks.md has a section for every hook, with what it must hand over."""

import inspect
import re

import pytest

from stroem import hookspecs
from stroem.interfaces.authenticator import FORMS as AUTHENTICATORS
from stroem.interfaces.authenticator import Authenticator
from stroem.interfaces.dialect import Dialect
from stroem.interfaces.event_sink import EventSink
from stroem.interfaces.push_hook import PushHook
from stroem.interfaces.runner import Runner
from stroem.interfaces.secret_store import SecretStore
from stroem.interfaces.source import Source
from stroem.interfaces.step_kind import StepKind
from stroem.interfaces.triggers.trigger_type import TriggerType
from stroem.registry.faults import FORMS
from tests.docs.page import DOCS, Page, codes

PAGE = Page(DOCS / "reference/hooks.md")
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if hasattr(hook, f"{hookspecs.PROJECT}_spec")}


def test_every_hook_has_its_section_and_no_other() -> None:
    assert HOOKS
    titles = [title.strip("`") for title in PAGE.headings() if title.startswith("`")]
    assert sorted(titles) == sorted(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_section_begins_with_the_signature_and_shows_an_implementation(name: str) -> None:
    returned = str(inspect.signature(HOOKS[name]).return_annotation)
    handed_over = re.findall(r"(\w+)['\]]*\]", returned)[0]
    section = PAGE.section(f"`{name}`")
    assert section.strip().startswith(f"`{name}() -> Sequence[")
    assert handed_over in codes(section)[0]
    implementations = [block for block in PAGE.blocks if f"def {name}():" in block.text]
    assert implementations
    assert "@hookimpl" in implementations[0].text


@pytest.mark.parametrize(
    ("hook", "protocol"),
    [
        ("stroem_sources", Source),
        ("stroem_runners", Runner),
        ("stroem_push_hooks", PushHook),
        ("stroem_event_sinks", EventSink),
        *(("stroem_authenticators", form) for form in (Authenticator, *AUTHENTICATORS)),
        ("stroem_secret_stores", SecretStore),
        ("stroem_dialects", Dialect),
        ("stroem_step_kinds", StepKind),
        *(("stroem_trigger_types", form) for form in (TriggerType, *FORMS)),
    ],
)
def test_every_member_of_what_is_handed_over_is_told(hook: str, protocol: type) -> None:
    members = {name for name in (*vars(protocol), *protocol.__annotations__) if not name.startswith("_")}
    told = " ".join(codes(PAGE.section(f"`{hook}`")))
    assert {name for name in members if not re.search(rf"\b{name}\b", told)} == set()
