"""Asterisk as a part: find or install it, render its configuration, run and supervise it."""
