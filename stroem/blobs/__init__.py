"""The object store, and manifests of stored files."""
