"""Asterisk's own queue, set up as well as it can be for what is compared here.

What each choice is for:

* ``autofill``: callers are served side by side, not one after another (its default since 1.6).
* ``leastrecent``: the same rule as the engine's: who has been idle for longest.
* ``retry = 1``: the least there is; the default waits 5 s between two attempts.
* ``ringinuse = no``: as in the engine, an agent who talks is not rung.
* no announcements, no ``wrapuptime``, no ``memberdelay``, no ``queue_log``; music on hold is the
  same class as the engine's.
* The caller is answered without waiting for RTP (``Answer(,i)``), as the engine's callers are.

Both ring the same telephones and take the same callers. The engine's processes are not there while
app_queue is measured, so neither costs the other anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

MODULE = "app_queue.so"

_QUEUE = """
[{name}]
strategy = leastrecent
musicclass = default
timeout = 20
retry = 1
ringinuse = no
wrapuptime = 0
memberdelay = 0
autopause = no
joinempty = yes
leavewhenempty = no
announce-frequency = 0
announce-position = no
announce-holdtime = no
reportholdtime = no
"""

_STEPS = ("Answer(,i)", "Queue({name})", "Hangup()")


def queues_conf(queues: Mapping[str, Sequence[str]]) -> str:
    """Return ``queues.conf``.

    Args:
        queues: name to the SIP users of its members.
    """
    text = "[general]\npersistentmembers = no\nautofill = yes\nshared_lastcall = no\n"
    for name, users in queues.items():
        text += _QUEUE.format(name=name)
        text += "".join(f"member => PJSIP/{user}\n" for user in users)
    return text


def extensions(numbers: Mapping[str, str]) -> Iterator[str]:
    """Iterate over the commands for Asterisk's console that lead callers straight into a queue.

    A site's own dialplan may not use Asterisk's queues: agents would have two masters.

    Args:
        numbers: dialled number to the queue's name.
    """
    for number, name in numbers.items():
        for priority, step in enumerate(_STEPS, 1):
            what = step.format(name=name)
            yield f"dialplan add extension {number},{priority},{what} into acd-in"
