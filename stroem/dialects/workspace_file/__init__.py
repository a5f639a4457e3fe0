"""The file `.stroem.yaml`: the libraries of a workspace."""
