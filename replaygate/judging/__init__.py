"""The one door: replays in processes that can be killed."""
