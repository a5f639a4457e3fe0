"""Join tokens, identities of workers and their tokens, and what workers hold."""
