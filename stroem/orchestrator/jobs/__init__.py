"""Jobs: start, claim, record, cancel, rescue."""
