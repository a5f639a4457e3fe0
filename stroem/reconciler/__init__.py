"""The reconciler: follows sources and makes releases."""
