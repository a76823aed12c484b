"""Workflows that are made up, and what the gate and the SDK's Replayer say of changes to them."""
