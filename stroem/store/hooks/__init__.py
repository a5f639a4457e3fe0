"""SQL of webhooks and their deliveries."""
