"""People, groups and service accounts, for administrators."""
