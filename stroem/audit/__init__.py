"""The audit log without input or output: facts of rows, the chain of hashes, signed marks."""
