"""Language models of agents."""

from typing import Annotated

import attrs

from stroem.conversion.constraints import Positive, Range


@attrs.frozen(kw_only=True)
class AgentProviderSettings:
    """A provider of models. `type` names its kind (`anthropic`, `openai`, `ollama`, …)."""

    type: str
    api_key: str | None = attrs.field(default=None, repr=False)
    api_endpoint: str | None = None
    model: str | None = None
    max_tokens: Annotated[int, Range(at_least=1)] = 4096
    temperature: Annotated[float, Range(at_least=0)] | None = None
    max_retries: Annotated[int, Range(at_least=0, at_most=10)] = 3
    timeout_secs: Positive = 120


@attrs.frozen(kw_only=True)
class AgentSettings:
    """Providers by the names that actions use."""

    providers: dict[str, AgentProviderSettings] = attrs.Factory(dict)
