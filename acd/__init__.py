"""acd: an open contact-centre engine on Asterisk."""

from __future__ import annotations

__version__ = "0.1.0"
