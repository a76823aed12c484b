"""``replaygate explain``: each Event beside the line of Workflow code behind it."""
