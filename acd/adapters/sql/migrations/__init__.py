"""Schema migrations: one file a step in ``versions``, never edited once released."""
