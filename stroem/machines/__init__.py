"""Identities of workers: join tokens, tokens of their own, and what each may touch."""
