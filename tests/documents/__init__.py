"""The documents, held against the project."""
