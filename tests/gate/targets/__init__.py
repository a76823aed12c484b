"""Workers as people write them; none of this was made for a gate."""
