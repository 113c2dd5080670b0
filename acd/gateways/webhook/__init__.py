"""Signed webhooks: with them any messaging network or SMS provider can be joined."""
