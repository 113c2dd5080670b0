"""The vault: hidden keys are kept from the engine, checked, and forgotten."""

from __future__ import annotations

import asyncio

import pytest

from acd.app.secrets import KEPT_SECONDS, QUIET_SECONDS, Vault
from acd.app.tasks import Result
from acd.core import effects as f
from acd.core.contact import EndReason
from acd.core.events import ContactClosed
from acd.core.ids import ContactId, LegId, PlaybackId, TaskId
from acd.core.inputs import DigitReceived, PlaybackEnded, TaskBegun
from acd.core.record import Record
from acd.core.task import CollectSecret
from acd.flow.checks import luhn
from acd.testing.fakes import tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.app

LEG, CONTACT = LegId("zoe"), ContactId("c-1")
TASK = CollectSecret("card", 13, 19, "#", "luhn", 0.2)
CARD = "4111111111111111"


class Lines:
    """A state of one caller, and a vault with a clock of the test's."""

    def __init__(self) -> None:
        self.story = Story(tiny_site()).calls("zoe")
        self.contact = self.story.contact("zoe")
        self.told: list[object] = []
        self.now = 1000.0
        self.vault = Vault(lambda: self.story.engine.state, self.told.append, lambda: self.now)

    def hides(self, task: str = "t-1") -> None:
        """Let the caller be asked for a secret."""
        self.contact.task, self.contact.is_secret = TaskId(task), True
        self.story.engine.state.tasks[TaskId(task)] = self.contact.id

    def over(self) -> None:
        self.story.engine.state.tasks.pop(self.contact.task, None)
        self.contact.task, self.contact.is_secret = None, False

    def press(self, keys: str) -> list[bool]:
        return [self.vault.takes(DigitReceived(LEG, key)) for key in keys]

    async def collect(self, what: CollectSecret = TASK, task: str = "t-1") -> Result:
        effect = f.PerformTask(TaskId(task), self.contact.id, LEG, what)
        async with asyncio.timeout(5):
            return await self.vault.perform(effect)

    def value(self, name: str = "card") -> str | None:
        return self.vault.value_of(self.contact.id, name)


@pytest.fixture
def lines() -> Lines:
    return Lines()


def test_keys_are_the_vaults_while_a_secret_is_entered_only(lines: Lines) -> None:
    assert lines.press("12") == [False, False]
    assert not lines.vault.takes(PlaybackEnded(LEG, PlaybackId("p-1")))
    lines.hides()
    assert lines.press("12") == [True, True]
    assert lines.told == [TaskBegun(TaskId("t-1"))]
    lines.over()
    assert lines.press("3") == [True], "nobody stops typing at once"
    lines.now += QUIET_SECONDS - 0.1
    assert lines.press("4") == [True]
    lines.now += QUIET_SECONDS + 0.1
    assert lines.press("5") == [False]


async def test_keys_pressed_before_the_task_is_performed_count(lines: Lines) -> None:
    lines.hides()
    lines.press(CARD + "#")
    assert await lines.collect() == Result("ok", {"length": "16", "last4": "1111"})
    assert lines.value() == CARD
    assert lines.value("pin") is None
    assert lines.vault.value_of(ContactId("c-2"), "card") is None


@pytest.mark.parametrize(
    ("keys", "what", "result"),
    [
        ("4111111111111112#", TASK, Result("invalid")),
        ("411111#", TASK, Result("invalid")),
        ("#", TASK, Result("invalid")),
        ("411*1", TASK, Result("invalid")),
        ("1234", CollectSecret("pin", 4, 4, "#", "", 0.2), Result("ok", {"length": "4"})),
        ("123", CollectSecret("pin", 3, 4, "", "", 0.05), Result("ok", {"length": "3"})),
        ("12", CollectSecret("pin", 3, 4, "", "", 0.05), Result("invalid")),
        ("12345678903#", CollectSecret("x", 1, 12, "#", "luhn", 1), Result("ok", {"length": "11"})),
    ],
)
async def test_what_is_right(lines: Lines, keys: str, what: CollectSecret, result: Result) -> None:
    lines.hides()
    lines.press(keys)
    assert await lines.collect(what) == result
    assert (lines.value(what.name) is not None) == (result.outcome == "ok")


async def test_a_secret_is_forgotten_after_a_while(lines: Lines) -> None:
    lines.hides()
    lines.press(CARD + "#")
    await lines.collect()
    lines.now += KEPT_SECONDS - 1
    assert lines.value() == CARD
    lines.now += 2
    assert lines.value() is None


async def test_a_secret_is_forgotten_with_its_contact(lines: Lines) -> None:
    lines.hides()
    lines.press(CARD + "#")
    await lines.collect()
    body = ContactClosed(lines.contact.id, EndReason.LEFT_FLOW, "")
    lines.vault.observe([Record(9, 8, lines.story.now, "pbx", body)])
    assert lines.value() is None


async def test_a_second_try_begins_anew(lines: Lines) -> None:
    lines.hides()
    lines.press("4111")
    lines.over()
    lines.vault.observe([])
    lines.hides("t-2")
    lines.press(CARD + "#")
    await lines.collect(task="t-2")
    assert lines.value() == CARD
    assert [cause.task for cause in lines.told] == ["t-1", "t-2"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("digits", "is_right"), [("0", True), ("79927398713", True), ("79927398710", False)]
)
def test_luhn(digits: str, is_right: bool) -> None:
    assert (luhn(digits) == digits) is is_right
