"""HTTP: for people and for programs."""
