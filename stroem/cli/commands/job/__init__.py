"""Commands for running jobs: what they wait for, and what happened to them."""
