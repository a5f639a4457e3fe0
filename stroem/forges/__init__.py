"""Parts shared by plugins of git hosts: HTTP client, commit statuses, webhook bodies and signatures."""
