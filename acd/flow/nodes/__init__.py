"""One file per node type. To add one, copy the shortest and describe it; nothing else changes."""
