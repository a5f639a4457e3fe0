"""What plugins of git hosts share: HTTP client, commit statuses, webhook bodies and signatures."""
