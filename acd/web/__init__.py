"""The HTTP server: health, metrics and the JSON API. It translates and decides nothing."""
