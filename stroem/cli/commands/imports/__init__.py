"""`stroem import`: workflows from the files of other programs."""
