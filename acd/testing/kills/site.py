"""The site that is served meanwhile: everything written is acknowledged and queued."""

from __future__ import annotations

from pathlib import Path

ACKNOWLEDGED = "We have it."

_FILES = {
    "numbers.toml": """
"widget:site" = { flow = "text" }
"sms:+15550100" = { flow = "text" }
"mail" = { flow = "text" }
""",
    "text.toml": """
title = "Everything written, acknowledged"
start = "got"
on_fail = "end"

[node.got]
type = "play"
prompt = "text.got"
next = "queue"

[node.queue]
type = "enqueue"
queue = "desk"

[node.end]
type = "hangup"
""",
    "queues.toml": """
[desk]
title = "Desk"
strategy = "longest_idle"
service_level_seconds = 60
offer_seconds = 600
wrapup_seconds = 0
max_waiting = 20000
max_wait_seconds = 3600
""",
    "prompts/en.toml": f"""
[text]
got = "{ACKNOWLEDGED}"
""",
}


def write_site(directory: Path) -> Path:
    """Write its files; return the directory."""
    for name, text in _FILES.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory
