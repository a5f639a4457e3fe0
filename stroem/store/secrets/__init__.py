"""SQL of secrets: which ones jobs were given."""
