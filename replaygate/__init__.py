"""The replay gate: tells whether Workflow code still fits the Event Histories that it made."""
