"""The engine is killed again and again under load of one written channel; nothing may be lost.

:mod:`.customers` write and hear, as real ones do; :mod:`.agent` answers over the API; :mod:`.run`
kills; :mod:`.verdict` compares what was said with the log, the API and what arrived outside.
"""
