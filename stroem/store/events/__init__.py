"""SQL of events and their deliveries."""
