"""SQL of webhooks: their deliveries, rates and short paths."""
