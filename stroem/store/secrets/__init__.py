"""SQL of secrets: encrypted ones, and which ones jobs were given."""
