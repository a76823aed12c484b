"""From MODULE:ATTRIBUTE to how that Worker replays."""
