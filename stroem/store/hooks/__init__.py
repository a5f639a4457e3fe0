"""SQL of webhooks: their deliveries and rates."""
