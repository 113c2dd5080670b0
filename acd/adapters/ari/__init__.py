"""Asterisk REST Interface: generated types and operations, and the client that carries them."""
