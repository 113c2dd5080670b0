"""Web chat: a customer's browser on a websocket. :mod:`.gateway` says how."""
