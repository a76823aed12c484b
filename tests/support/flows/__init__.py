"""Small Workflows that tests edit: see `tests.support.edits`. Each has a recording.

A line that gives a Command ends with what that step is called, `# the Activity charge`.
"""
