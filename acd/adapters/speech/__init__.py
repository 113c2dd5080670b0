"""Prompts as sound: voices that speak, and the files of what they have said."""
