"""Gateways: one for each channel of text; see :mod:`acd.ports.gateway`."""
