"""The audit log: recording, sealing, verification, delivery to sinks."""
