"""Sources to releases: what git says becomes what runs."""
