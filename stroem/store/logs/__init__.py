"""SQL of logs: lines as rows, sealed segments, numbers of lines."""
