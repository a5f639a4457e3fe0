"""Options of triggers with secrets of stores: they have no value, and no text stands in its place."""

import pytest

from stroem.definitions.workspace import Definitions
from stroem.errors import TemplateFailed
from stroem.orchestrator.triggers.live_triggers import rendered_options
from tests.support.triggers import trigger_of

SECRETS = {"hook": "ref+env://HOOK_SECRET", "db": {"token": "ref+env://TOKEN"}, "own": "of-git"}
DEFINITIONS = Definitions(secrets=SECRETS)


def test_a_webhook_has_no_secret_of_a_store() -> None:
    options = trigger_of("webhook", name_="n", secret="{{ secret.hook }}").options
    with pytest.raises(TemplateFailed, match="the secret is in a store, which the options of a trigger cannot read"):
        rendered_options(options, DEFINITIONS)


def test_other_secrets_have_their_values() -> None:
    options = trigger_of("webhook", name_="n", secret="{{ secret.own }}").options
    assert rendered_options(options, DEFINITIONS).secret == "of-git"


def test_variables_of_a_consumer_are_rendered_for_its_steps() -> None:
    options = trigger_of("event_source", target_task="t", env={"TOKEN": "{{ secret.db.token }}"}).options
    assert rendered_options(options, DEFINITIONS).env == {"TOKEN": "••••••"}
