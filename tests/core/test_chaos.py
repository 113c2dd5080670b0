"""Random interleavings: nobody lost, nobody doubled, every rule after every step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acd.core.agent import Agent
from acd.core.contact import Contact, EndReason
from acd.core.decide import acts
from acd.core.matching import Matcher
from acd.core.timers import Purpose, Timers
from acd.testing.chaos import Chaos
from acd.testing.invariants import InvariantBroken

pytestmark = pytest.mark.core


def test_a_day_in_which_everything_happens(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.run()
    assert chaos.quiet_checks > 500
    assert sum(chaos.reasons.values()) >= 250
    talked = chaos.reasons[EndReason.AGENT_ENDED] + chaos.reasons[EndReason.CUSTOMER_ENDED]
    assert talked > 50


def test_same_seed_same_log() -> None:
    logs = []
    for _ in range(2):
        chaos = Chaos(1, callers=60)
        chaos.run()
        logs.append(chaos.watch.records)
    assert logs[0] == logs[1]


# --- planted bugs are found ---------------------------------------------------------------------


def _skips_a_class(patch: pytest.MonkeyPatch) -> None:
    best_contact = Matcher._best_contact

    def skipping(self: Matcher, agent: Agent) -> object:
        found = best_contact(self, agent)
        return None if found is not None and found[0].requirement else found

    patch.setattr(Matcher, "_best_contact", skipping)


def _forgets_to_touch_agents(patch: pytest.MonkeyPatch) -> None:
    touch, skipped = Matcher.touch_agent, iter(range(10**9))

    def forgetful(self: Matcher, name: object) -> None:
        if next(skipped) % 50:
            touch(self, name)  # type: ignore[arg-type]

    patch.setattr(Matcher, "touch_agent", forgetful)


def _forgets_a_deadline(patch: pytest.MonkeyPatch) -> None:
    clear = Timers.clear
    patch.setattr(
        Timers,
        "clear",
        lambda self, purpose, about: (
            None if purpose is Purpose.RINGING else clear(self, purpose, about)
        ),
    )


def _loses_its_place(patch: pytest.MonkeyPatch) -> None:
    touch = Matcher.touch_contact

    def losing(self: Matcher, contact_id: object) -> None:
        contact: Contact | None = self._state.contacts.get(contact_id)  # type: ignore[call-overload]
        if contact is not None and contact.attempts:
            return
        touch(self, contact_id)  # type: ignore[arg-type]

    patch.setattr(Matcher, "touch_contact", losing)


def _leaves_the_agents_phone_ringing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acts, "hang_up", lambda *_args, **_kwargs: None)


@pytest.mark.parametrize(
    "plant",
    [
        _skips_a_class,
        _forgets_to_touch_agents,
        _forgets_a_deadline,
        _loses_its_place,
        _leaves_the_agents_phone_ringing,
    ],
)
def test_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((InvariantBroken, KeyError)):
        Chaos(0).run()
