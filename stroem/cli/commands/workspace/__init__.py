"""The commands of `stroem workspace`."""
