"""Softphones against a real Asterisk: registration, sound, keys, every way a call can end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.adapters.asterisk.dialplan import write_dialplan
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.run import AsteriskServer
from acd.testing import tones
from acd.testing.asterisk import Lab, eventually, lab_settings
from acd.testing.calls import CallReport, place_call
from acd.testing.deskphone import PhoneEvent, PhoneEventKind, run_phone, speak, voice_maker
from acd.testing.heard import Sound, hear
from acd.testing.softphone import (
    Answer,
    CallGone,
    CallNotAnswered,
    Phone,
    PhoneCall,
    PhoneError,
    Phones,
    RegistrationFailed,
    Reject,
    Ring,
    SipServer,
)
from acd.testing.stubphone import StubPhone

pytestmark = pytest.mark.asterisk

TEXTS = {
    "menu": "Thank you for calling. For sales, press one. For support, press two.",
    "support": "You have reached support. Please hold.",
    "sales": "You have reached sales. Please hold.",
}

DIALPLAN = """
[acd-in]
exten => 6001,1,Answer
 same => n,Echo()
exten => 6002,1,Answer
 same => n,Wait(0.5)
 same => n,SendDTMF(4711#,120,120)
 same => n,Wait(20)
exten => 6003,1,Answer
 same => n,Read(KEYS,,4,,1,10)
 same => n,SendDTMF(${{KEYS}},120,120)
 same => n,Wait(20)
exten => 6004,1,Answer
 same => n,Wait(0.5)
 same => n,Playback({prompts}/menu)
 same => n,Read(KEY,,1,,1,10)
 same => n,Playback({prompts}/support)
 same => n,Dial(PJSIP/${{IF($["${{KEY}}"="2"]?agent09:nobody)}},20)
exten => 6005,1,Hangup(21)
exten => 6006,1,Answer
 same => n,Wait(0.2)
 same => n,Hangup
exten => _7XX,1,Dial(PJSIP/agent${{EXTEN:1}},20)
 same => n,Hangup(${{HANGUPCAUSE}})
exten => _8XX,1,Dial(PJSIP/agent${{EXTEN:1}},1)
 same => n,Hangup(${{HANGUPCAUSE}})
"""
MODULES = ("app_dial", "app_echo", "app_senddtmf", "app_read", "func_logic", "res_clioriginate")


@pytest.fixture(scope="module")
def prompts(
    asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("prompts")
    for name, text in TEXTS.items():
        tones.write_wav(directory / f"{name}.wav", speak(text, asterisk_program.espeak_argv))
    return {name: directory / f"{name}.wav" for name in TEXTS}


@pytest.fixture(scope="module")
def lab(
    asterisk_program: AsteriskProgram,
    prompts: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """An Asterisk with a dialplan of the tests' own, without the engine."""
    directory = tmp_path_factory.mktemp("softphones")
    settings = replace(lab_settings(directory / "asterisk"), extra_modules=MODULES)
    dialplan = DIALPLAN.format(prompts=prompts["menu"].parent)
    write_dialplan(settings.directory, {"tests.conf": dialplan})
    server = AsteriskServer(asterisk_program, settings)
    asyncio.run(server.start())
    try:
        yield Lab(asterisk_program, settings)
    finally:
        asyncio.run(server.stop())


async def agent(phones: Phones, lab: Lab, name: str = "agent01") -> Phone:
    port = lab.settings.sip_port
    return await phones.agent(name, lab.password(name), host="127.0.0.1", port=port)


async def caller(phones: Phones, lab: Lab, number: str = "+15550123", name: str = "") -> Phone:
    return await phones.caller(
        "caller",
        lab.settings.caller_password,
        from_user=number,
        from_name=name,
        host="127.0.0.1",
        port=lab.settings.sip_port,
    )


async def talk(phones: Phones, lab: Lab, line: int, number: str) -> tuple[PhoneCall, PhoneCall]:
    """Connect a caller to agent number `line`."""
    desk = await agent(phones, lab, f"agent{line:02}")
    outgoing = await (await caller(phones, lab, number)).dial(f"7{line:02}")
    incoming = await desk.next_call()
    await asyncio.gather(outgoing.wait_established(10), incoming.wait_established(10))
    return outgoing, incoming


def last_second(call: PhoneCall) -> bytes:
    pcm = call.lately(1.0)
    assert tones.seconds_of(pcm) == pytest.approx(1.0)
    return pcm


async def channels(lab: Lab) -> list[str]:
    """Return Asterisk's live channels."""
    output = await asyncio.to_thread(lab.cli, "core show channels concise")
    return [line.split("!")[0] for line in output.splitlines() if "!" in line]


async def until_no_channels(lab: Lab) -> None:
    async def none() -> bool:
        return not await channels(lab)

    await eventually(none, seconds=5)


# ---- sound and keys ----------------------------------------------------------------------------


async def test_a_tone_comes_back_from_echo(phones: Phones, lab: Lab) -> None:
    call = await (await caller(phones, lab)).dial("6001")
    await call.wait_established(5)
    call.play_tone(1000)
    assert await call.wait_seconds(2.0)
    recording = call.record()
    assert tones.tone_share(recording.between(0.8, 1.8), 1000) > 0.9
    call.play_nothing()
    assert await call.wait_seconds(0.7)
    assert tones.level_dbfs(tones.to_samples(call.lately(0.3))) < -60


async def test_a_voice_file_is_heard_once_and_ends(
    phones: Phones, lab: Lab, prompts: dict[str, Path]
) -> None:
    call = await (await caller(phones, lab)).dial("6001")
    await call.wait_established(5)
    call.play_file(prompts["sales"])
    async with asyncio.timeout(10):
        while call.playing:
            assert await call.wait_seconds(0.1)
    assert await call.wait_seconds(0.5)
    found = [one for one in hear(call.record().pcm, prompts) if one.what is Sound.PROMPT]
    assert [(one.detail, one.cut) for one in found] == [("sales", False)]


async def test_sound_passes_both_ways_between_caller_and_agent(phones: Phones, lab: Lab) -> None:
    outgoing, incoming = await talk(phones, lab, 1, "+15550123")
    outgoing.play_tone(1000)
    incoming.play_tone(600)
    assert await outgoing.wait_seconds(2.0)
    assert tones.tone_share(last_second(incoming), 1000) > 0.9
    assert tones.tone_share(last_second(outgoing), 600) > 0.9
    await incoming.hangup()
    assert (await outgoing.wait_ended(5)).by == "them"


async def test_a_gap_in_the_sound_is_silence_in_the_recording(phones: Phones, lab: Lab) -> None:
    # Asterisk sends nothing at all while it waits for keys.
    call = await (await caller(phones, lab)).dial("6002")
    await call.wait_established(5)
    await call.wait_digits("4711#")
    assert await call.wait_seconds(1.5)
    recording = call.record()
    length = recording.start_seconds + tones.seconds_of(recording.pcm)
    assert length == pytest.approx(call.age_seconds, abs=0.2)


async def test_keys_pass_both_ways(phones: Phones, lab: Lab) -> None:
    call = await (await caller(phones, lab)).dial("6003")
    await call.wait_established(5)
    assert await call.wait_seconds(0.5)
    await call.send_dtmf("2*09")
    await call.wait_digits("2*09")
    assert call.digits == "2*09"
    with pytest.raises(PhoneError, match="cannot press"):
        await call.send_dtmf("x")


async def test_five_agents_and_five_callers_hear_only_each_other(phones: Phones, lab: Lab) -> None:
    pairs = await asyncio.gather(
        *(talk(phones, lab, line, f"+1555010{line}") for line in range(1, 6))
    )
    pitches = [(500 + 130 * n, 1300 + 130 * n) for n in range(5)]
    for (outgoing, incoming), (low, high) in zip(pairs, pitches, strict=True):
        outgoing.play_tone(low)
        incoming.play_tone(high)
    assert await pairs[0][0].wait_seconds(2.5)
    for n, ((outgoing, incoming), (low, high)) in enumerate(zip(pairs, pitches, strict=True)):
        assert f"+1555010{n + 1}@" in incoming.peer
        assert tones.tone_share(last_second(incoming), low) > 0.9
        assert tones.tone_share(last_second(outgoing), high) > 0.9


async def test_number_and_name_of_the_caller_are_shown(phones: Phones, lab: Lab) -> None:
    phone = await caller(phones, lab, "+34600111222", "Ann O'Hara, Ltd")
    call = await phone.dial("6001")
    await call.wait_established(5)
    (channel,) = await channels(lab)
    shown = await asyncio.to_thread(lab.cli, f"core show channel {channel}")
    assert "Caller ID: +34600111222" in shown
    assert "Caller ID Name: Ann O'Hara, Ltd" in shown


# ---- how calls end -----------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Reject(), Reject(after_seconds=0.5)], ids=["busy", "reject"])
async def test_a_refused_call_tells_status_and_cause(
    phones: Phones, lab: Lab, policy: Reject
) -> None:
    desk = await agent(phones, lab)
    desk.policy = policy
    call = await (await caller(phones, lab)).dial("701")
    with pytest.raises(CallNotAnswered) as refused:
        await call.wait_established(5)
    end = refused.value.end
    assert (end.by, end.status, end.cause) == ("them", 486, 17)
    assert (await (await desk.next_call()).wait_ended(5)).by == "us"


@pytest.mark.parametrize(
    ("status", "reason", "cause"),
    [(603, "Decline", 21), (480, "Temporarily Unavailable", 19), (500, "Out of Order", 38)],
)
async def test_a_stub_refuses_with_any_status(
    phones: Phones, lab: Lab, status: int, reason: str, cause: int
) -> None:
    server = SipServer("127.0.0.1", lab.settings.sip_port)
    password = lab.password("agent03")
    async with StubPhone(
        "agent03", password, server=server, status=status, reason=reason, after_seconds=0.3
    ) as stub:
        call = await (await caller(phones, lab)).dial("703")
        with pytest.raises(CallNotAnswered) as refused:
            await call.wait_established(5)
        assert stub.refused == 1
    # What Asterisk makes of the status: the cause is what the engine will see.
    assert refused.value.end.cause == cause


async def test_a_stub_is_told_when_the_caller_gives_up(phones: Phones, lab: Lab) -> None:
    server = SipServer("127.0.0.1", lab.settings.sip_port)
    password = lab.password("agent03")
    async with StubPhone(
        "agent03", password, server=server, status=603, reason="Decline", after_seconds=30
    ) as stub:
        call = await (await caller(phones, lab)).dial("703")
        with pytest.raises(CallNotAnswered):
            await call.wait_established(1)
        await until_no_channels(lab)
        assert (stub.cancelled, stub.refused) == (1, 0)


async def test_a_stub_with_a_wrong_password_is_refused(lab: Lab) -> None:
    server = SipServer("127.0.0.1", lab.settings.sip_port)
    stub = StubPhone("agent03", "wrong", server=server, status=603, reason="Decline")
    with pytest.raises(RegistrationFailed, match="401"):
        await stub.__aenter__()


async def test_a_phone_that_never_answers_is_given_up_by_asterisk(phones: Phones, lab: Lab) -> None:
    desk = await agent(phones, lab)
    desk.policy = Ring()
    call = await (await caller(phones, lab)).dial("801")
    with pytest.raises(CallNotAnswered) as given_up:
        await call.wait_established(5)
    assert given_up.value.end.by == "them"
    missed = await desk.next_call()
    assert (await missed.wait_ended(5)).by == "them"
    assert not missed.established


async def test_caller_hangs_up_while_the_phone_rings(phones: Phones, lab: Lab) -> None:
    desk = await agent(phones, lab)
    desk.policy = Answer(after_seconds=5)
    call = await (await caller(phones, lab)).dial("701")
    ringing = await desk.next_call()
    await call.hangup()
    assert (await ringing.wait_ended(5)).by == "them"
    assert not ringing.established
    assert (await call.wait_ended(5)).by == "us"
    await until_no_channels(lab)


async def test_own_patience_ends_the_call(phones: Phones, lab: Lab) -> None:
    desk = await agent(phones, lab)
    desk.policy = Ring()
    call = await (await caller(phones, lab)).dial("701")
    with pytest.raises(CallNotAnswered) as given_up:
        await call.wait_established(0.5)
    assert given_up.value.end.by == "us"
    await until_no_channels(lab)


async def test_a_call_refused_by_the_server_tells_why(phones: Phones, lab: Lab) -> None:
    call = await (await caller(phones, lab)).dial("6005")
    with pytest.raises(CallNotAnswered, match="403"):
        await call.wait_established(5)
    assert call.end is not None
    assert call.end.cause == 21


async def test_a_call_that_has_gone_can_be_hung_up_but_takes_no_keys(
    phones: Phones, lab: Lab
) -> None:
    call = await (await caller(phones, lab)).dial("6006")
    await call.wait_established(5)
    assert (await call.wait_ended(5)).by == "them"
    await call.hangup()
    await call.answer()
    with pytest.raises(CallGone):
        await call.send_dtmf("1")


# ---- registration and life ---------------------------------------------------------------------


async def test_a_wrong_password_is_told(phones: Phones, lab: Lab) -> None:
    with pytest.raises(RegistrationFailed, match="401") as refused:
        await phones.agent("ann", "wrong", host="127.0.0.1", port=lab.settings.sip_port)
    assert "password" in refused.value.hint


async def test_a_phone_switched_off_and_on_again_is_reached(phones: Phones, lab: Lab) -> None:
    desk = await agent(phones, lab)
    await desk.unregister()
    line = await caller(phones, lab)
    with pytest.raises(CallNotAnswered):
        await (await line.dial("701")).wait_established(5)
    await desk.register()
    await (await line.dial("701")).wait_established(5)


async def test_no_server_is_told(phones: Phones, lab: Lab) -> None:
    with pytest.raises(RegistrationFailed) as failed:
        await phones.agent("ann", "any", host="127.0.0.1", port=lab.settings.ami_port)
    assert "running" in failed.value.hint


async def test_words_that_form_no_address_are_refused(phones: Phones) -> None:
    with pytest.raises(PhoneError, match="no telephone"):
        await phones.agent("a@b>", "any", host="127.0.0.1", port=5060, register=False)


async def test_two_sets_of_phones_in_one_process_are_refused(phones: Phones) -> None:
    with pytest.raises(PhoneError, match="another Runtime"):
        await Phones().__aenter__()


async def test_phones_leave_nothing_behind(lab: Lab) -> None:
    before = asyncio.all_tasks()
    async with Phones() as phones:
        outgoing, incoming = await talk(phones, lab, 1, "+15550123")
        outgoing.play_tone(1000)
        desk = await agent(phones, lab, "agent02")
        desk.policy = Answer(after_seconds=60)
        await (await caller(phones, lab)).dial("702")
        await desk.next_call()
    assert asyncio.all_tasks() == before
    assert outgoing.end is not None
    assert incoming.end is not None
    await until_no_channels(lab)
    contacts = await asyncio.to_thread(lab.cli, "pjsip show contacts")
    assert "agent01" not in contacts


# ---- acd call and acd phone --------------------------------------------------------------------


async def report_of(
    lab: Lab, number: str, prompts: dict[str, Path], **options: object
) -> CallReport:
    return await place_call(
        number,
        server=SipServer("127.0.0.1", lab.settings.sip_port),
        user="caller",
        password=lab.settings.caller_password,
        ani="+15550123",
        prompts=prompts,
        **options,  # type: ignore[arg-type]
    )


DESK_PHONE = """
import asyncio, sys
from acd.testing.deskphone import run_phone, voice_maker
from acd.testing.softphone import SipServer
user, password, port = sys.argv[1:]
asyncio.run(run_phone(user, password, server=SipServer("127.0.0.1", int(port)),
    on_event=lambda event: print(event, flush=True), answer_after_seconds=0.5,
    hangup_after_seconds=3, talk=voice_maker("tone:440")))
"""


async def test_a_caller_reports_what_was_heard_and_who_answered(
    lab: Lab, prompts: dict[str, Path]
) -> None:
    desk = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DESK_PHONE, "agent09", lab.password("agent09")),
        str(lab.settings.sip_port),
        stdout=asyncio.subprocess.PIPE,
    )
    assert desk.stdout is not None
    try:
        assert (await asyncio.wait_for(desk.stdout.readline(), 10)).startswith(b"registered")

        async def lookup() -> str | None:
            up = [name for name in await channels(lab) if "agent09" in name]
            shown = await asyncio.to_thread(lab.cli, f"core show channel {up[0]}") if up else ""
            return "agent09" if "State: Up" in shown else None

        report = await report_of(
            lab, "6004", prompts, keys=["2"], hold_seconds=30, tone_hz=1000, lookup=lookup
        )
        told = [(await asyncio.wait_for(desk.stdout.readline(), 5)).decode() for _ in range(3)]
    finally:
        desk.terminate()
        await desk.wait()
    assert report.answered
    assert (report.end.by, report.answered_by) == ("them", "agent09")
    assert report.talk_seconds == pytest.approx(2.5, abs=1.0)
    sounds = [one for one in report.heard if one.what in (Sound.PROMPT, Sound.TONE)]
    assert [(one.what, one.detail) for one in sounds[:2]] == [
        (Sound.PROMPT, "menu"),
        (Sound.PROMPT, "support"),
    ]
    assert (sounds[-1].what, sounds[-1].detail) == (Sound.TONE, "440 Hz")
    menu, support, *_ringing = sounds
    (key,) = report.keys
    # The search for a prompt is exact to some milliseconds, the key's time to a tick.
    assert menu.end_seconds < key.at_seconds < support.start_seconds + 0.2
    assert [line.split()[0] for line in told] == ["ringing", "answered", "ended"]
    assert json.loads(json.dumps(report.as_json()))["answered_by"] == "agent09"
    assert "connected to agent09" in str(report)


async def test_a_caller_who_is_refused_reports_the_cause(
    lab: Lab, prompts: dict[str, Path]
) -> None:
    report = await report_of(lab, "6005", prompts)
    assert not report.answered
    assert (report.end.status, report.end.cause) == (403, 21)
    assert "SIP 403 Forbidden, cause 21" in str(report)


async def test_a_caller_who_is_interrupted_hangs_up(lab: Lab, prompts: dict[str, Path]) -> None:
    before = asyncio.all_tasks()
    calling = asyncio.create_task(report_of(lab, "6001", prompts, hold_seconds=60))

    async def up() -> bool:
        return len(await channels(lab)) == 1

    await eventually(up)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await until_no_channels(lab)
    assert asyncio.all_tasks() == before


async def test_keys_that_do_not_exist_are_refused_before_dialling(
    lab: Lab, prompts: dict[str, Path]
) -> None:
    with pytest.raises(PhoneError, match="cannot press x"):
        await report_of(lab, "6004", prompts, keys=["2x"])


async def test_a_desk_phone_dials_its_codes_answers_and_leaves_cleanly(
    lab: Lab, prompts: dict[str, Path]
) -> None:
    events: list[PhoneEvent] = []
    happened = asyncio.Event()

    def on_event(event: PhoneEvent) -> None:
        events.append(event)
        happened.set()

    async def seen(kind: PhoneEventKind) -> PhoneEvent:
        async with asyncio.timeout(20):
            while True:
                for event in events:
                    if event.kind is kind:
                        return event
                happened.clear()
                await happened.wait()

    before = asyncio.all_tasks()
    running = asyncio.create_task(
        run_phone(
            "bob",
            lab.password("bob"),
            server=SipServer("127.0.0.1", lab.settings.sip_port),
            on_event=on_event,
            talk=voice_maker(str(prompts["sales"])),
            codes=["6006", "6005"],
        )
    )
    assert (await seen(PhoneEventKind.CODE_ACCEPTED)).about == "6006"
    assert "403" in (await seen(PhoneEventKind.CODE_REFUSED)).detail
    await asyncio.to_thread(lab.cli, "channel originate PJSIP/bob extension 6001@acd-in")
    await seen(PhoneEventKind.ANSWERED)
    await asyncio.to_thread(lab.cli, "channel request hangup all")
    assert (await seen(PhoneEventKind.ENDED)).detail == "hung up by the far end"
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == before
    assert "bob" not in await asyncio.to_thread(lab.cli, "pjsip show contacts")


def test_voices_that_cannot_be_made_are_told(tmp_path: Path) -> None:
    with pytest.raises(PhoneError, match="no tone"):
        voice_maker("tone:high")
    with pytest.raises(tones.SoundFileError):
        voice_maker(str(tmp_path / "none.wav"))
    with pytest.raises(PhoneError) as silent:
        voice_maker("hello", espeak_argv=(str(tmp_path / "no-espeak"),))
    assert silent.value.code == "no-speech-program"
