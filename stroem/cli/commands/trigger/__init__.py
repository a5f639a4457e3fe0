"""Commands about triggers, and `stroem trigger TASK`."""
