"""The file `workspace.yaml`: the libraries of a workspace."""
