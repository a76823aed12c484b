"""Shadowing: the gate on Temporal itself, for more Executions than one machine can replay."""
