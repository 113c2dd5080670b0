"""Shipped helpers for tests and for the commands that telephone: softphones and their ears."""
