"""What differs between a history and the code, and the likely cause: pure functions."""
