"""Publishing: a version of the site becomes the running one, or takes a share of the contacts."""

from __future__ import annotations

from dataclasses import field

from acd.core.canary import Guard
from acd.core.site import Site
from acd.core.value import value


@value(frozen=True, slots=True)
class StartCanary:
    """Give a share of the new contacts to a checked site; contacts in flight stay on theirs.

    Attributes:
        site: another version than the running one.
        percent: of new contacts that it gets, 0 to 99.
        numbers: contacts from or to these are its own, whatever the percentage.
        guard: what ends it by itself.
    """

    site: Site
    percent: int = 0
    numbers: tuple[str, ...] = ()
    guard: Guard = field(default_factory=Guard)


@value(frozen=True, slots=True)
class PromoteCanary:
    """Make the canary the running version."""


@value(frozen=True, slots=True)
class EndCanary:
    """Take the canary back: new contacts enter the running version again."""


PublishingInput = StartCanary | PromoteCanary | EndCanary
