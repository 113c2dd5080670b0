"""The pure routing core: no await, no clock, no I/O; time is an argument."""
