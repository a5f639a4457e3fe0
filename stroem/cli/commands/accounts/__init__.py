"""`stroem users`, `groups`, `service-accounts`, `keys` and `sessions`."""
