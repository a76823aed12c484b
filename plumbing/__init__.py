"""What the application stands on: settings, the connection, local mode's dev server, the terminal.

To understand the Workflow you need none of it. Of the root it imports ``codec`` and ``program``.
"""
