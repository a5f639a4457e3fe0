"""A plugin that cannot be imported."""

import stroem_greeter_needs_this  # noqa: F401
