"""Errors that carry a stable code."""

from __future__ import annotations


class AcdError(Exception):
    """Base of every error that a person or a program is meant to see.

    Attributes:
        code: stable kebab-case identifier, documented, never reworded.
        message: one sentence, what went wrong.
        hint: one sentence, how to mend it; empty when there is nothing to do.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message
