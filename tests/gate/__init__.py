"""The replay gate: reading histories, replaying them, and telling why one does not fit."""
