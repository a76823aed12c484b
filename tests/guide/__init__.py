"""The guide's chapters, each with its tests.

In its order: workflow, activity, retrieve, events, determinism, before_sleep, mutants, versioning.
"""
