"""Events: the feed, and deliveries to sinks."""
