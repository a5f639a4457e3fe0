"""People and service accounts: passwords, sessions, API keys, and who bears a token."""
