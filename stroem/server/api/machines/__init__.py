"""Join tokens and identities of workers, for administrators."""
