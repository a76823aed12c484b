"""The command ``replaygate``."""
