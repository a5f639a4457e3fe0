"""Guards of releases: limits and freeze windows that make a release wait."""
