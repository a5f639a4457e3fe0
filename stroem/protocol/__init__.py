"""The messages of workers and server: one class for each, used at both ends.

`docs/reference/worker-protocol.md` describes them.
"""
