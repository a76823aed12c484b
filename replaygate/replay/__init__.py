"""Replays in this process, under a witness."""
