"""Shadowing, on a real dev server."""
