"""The engine in a process: one writer, and around it dispatch, recovery and what is shown."""
