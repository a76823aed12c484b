"""Worker, starter and local mode; connection and encryption; what all of that survives."""
