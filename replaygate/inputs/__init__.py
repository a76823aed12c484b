"""Where Event Histories come from, and whether a replay of them ends and proves something."""
