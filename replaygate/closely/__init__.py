"""A closer look at Workflow code: which lines ran, gave Commands, and wait."""
