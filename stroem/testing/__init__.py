"""Suites of tests that every plugin of a kind passes, and what they need."""

import pytest

MODULES = (
    "authenticator_conformance",
    "bounded",
    "collected_output",
    "event_sink_conformance",
    "job_trigger_conformance",
    "push_hook_conformance",
    "recording_server",
    "runner_conformance",
    "runs",
    "source_conformance",
    "stream_trigger_conformance",
    "trigger_conformance",
)

# Else an assertion that fails says nothing of the values: pytest rewrites only the modules that it collects.
pytest.register_assert_rewrite(*(f"stroem.testing.{name}" for name in MODULES))
