"""The codec: every record there can be reads back as it was, byte for byte."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.app import codec
from acd.app.codec import CodecError, Encoded, decode_body, encode_body
from acd.core.agent import Agent, AgentProfile
from acd.core.events import AttributeSet, RequirementRelaxed
from acd.core.inputs import DigitReceived, OpenLog, PublishSite, RecordingEnded
from acd.core.record import EVENT_TYPES, INPUT_TYPES, Record
from acd.core.site import Site
from acd.core.skill import Need
from acd.core.state import State
from acd.core.task import KINDS, Task

pytestmark = pytest.mark.app

_toml = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=6,
)


def _task(item):
    kind, of = item
    return st.builds(of, kind=st.just(kind))


def _mapping(kind):
    key, value = get_args(kind)
    return st.dictionaries(st.from_type(key), st.from_type(value), max_size=3)


@pytest.fixture(scope="module", autouse=True)
def plain_values():
    """Draw numbers that fit 64 bits and what TOML can hold."""
    st.register_type_strategy(int, st.integers(-(2**62), 2**62))
    st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
    st.register_type_strategy(object, _toml)
    st.register_type_strategy(Task, st.sampled_from(list(KINDS.items())).flatmap(_task))
    st.register_type_strategy(Mapping, _mapping)


bodies = st.deferred(
    lambda: st.sampled_from(sorted(codec.BODY_TYPES)).flatmap(
        lambda name: st.from_type(codec.BODY_TYPES[name])
    )
)


@given(bodies)
def test_every_body_survives(body):
    encoded = encode_body(body)
    back = decode_body(*encoded)
    assert type(back) is type(body)
    assert encode_body(back) == encoded
    if encoded.type not in ("PublishSite", "SitePublished", "StartCanary", "CanaryStarted"):
        assert back == body  # flows are free-form: a TOML date comes back as its text


@given(bodies, st.integers(1, 2**60), st.integers(0, 2**60), st.text())
def test_exported_logs_read_back(body, seq, at, actor):
    lines = list(codec.export_jsonl([Record(seq, at, seq - 1, actor, body)]))
    assert lines[0].count(b"\n") == 1
    (record,) = codec.import_jsonl([b"\n", *lines])
    assert (record.seq, record.at, record.cause, record.actor) == (seq, at, seq - 1, actor)
    assert list(codec.export_jsonl([record])) == lines


@given(st.deferred(lambda: st.from_type(State)))
def test_states_survive(state):
    site_free = {key: Site(site.version) for key, site in state.sites.items()}
    state.sites = site_free
    assert codec.decode(codec.encode(state), State) == state


def test_every_name_means_one_type():
    assert not INPUT_TYPES.keys() & EVENT_TYPES.keys()


def test_records_hold_no_sets():
    """Their text would depend on the hash seed."""
    for name, kind in codec.BODY_TYPES.items():
        parts = list(codec._parts(msgspec.inspect.type_info(kind)))
        unordered = (msgspec.inspect.SetType, msgspec.inspect.FrozenSetType)
        assert not any(isinstance(part, unordered) for part in parts), name


def test_whole_numbers_settle_before_they_are_written():
    assert encode_body(RequirementRelaxed("c-1", (Need("tax", 1, 60),))).data == (
        b'{"contact":"c-1","requirement":[{"skill":"tax","min":1,"relax_after":60.0}]}'
    )


def test_mappings_keep_their_order():
    site = Site("v", flows={"main": {"zulu": 1, "alpha": date(2026, 1, 2)}})
    back = decode_body(*encode_body(PublishSite(site)))
    assert list(back.site.flows["main"].items()) == [("zulu", 1), ("alpha", "2026-01-02")]


@pytest.mark.parametrize(
    "body",
    [
        RecordingEnded("l-1", "r-1", math.inf),
        DigitReceived("l-1", "\ud800"),
        RecordingEnded("l-1", "r-1", 2**70 * 1.0j),
    ],
)
def test_what_json_cannot_hold_is_refused(body):
    with pytest.raises(CodecError) as caught:
        encode_body(body)
    assert caught.value.code == "record-unwritable"


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (Encoded("ContactBlessed", 1, b"{}"), "record-type-unknown"),
        (Encoded("OpenLog", 2, b"{}"), "record-version-unknown"),
        (Encoded("OpenLog", 0, b"{}"), "record-version-unknown"),
        (Encoded("OpenLog", 1, b'{"engine":"1"}'), "record-unreadable"),
        (Encoded("OpenLog", 1, b"{"), "record-unreadable"),
        (Encoded("OpenLog", 1, b"\xff"), "record-unreadable"),
    ],
)
def test_what_cannot_be_read_says_why(encoded, code):
    with pytest.raises(CodecError) as caught:
        decode_body(*encoded)
    assert caught.value.code == code


def test_lines_that_are_no_records_are_named():
    good = next(codec.export_jsonl([Record(1, 5, 0, "cli", OpenLog("1", "s"))]))
    with pytest.raises(CodecError, match="line 2 is no record"):
        list(codec.import_jsonl([good, "{}"]))
    with pytest.raises(CodecError, match="line 1: the log holds version 9") as caught:
        list(codec.import_jsonl([good.replace(b'"version":1', b'"version":9')]))
    assert caught.value.code == "record-version-unknown"


def test_old_versions_are_lifted_step_by_step(monkeypatch):
    monkeypatch.setitem(codec._VERSIONS, "AttributeSet", 3)
    monkeypatch.setattr(codec, "_UPCASTERS", {})

    @codec.upcaster("AttributeSet", 1)
    def _(document):
        return {**document, "key": document["name"]}

    @codec.upcaster("AttributeSet", 2)
    def _(document):
        return {**document, "value": document["value"].upper()}

    first = b'{"contact":"c-1","name":"plan","value":"gold"}'
    second = b'{"contact":"c-1","key":"plan","value":"gold"}'
    assert decode_body("AttributeSet", 1, first) == AttributeSet("c-1", "plan", "GOLD")
    assert decode_body("AttributeSet", 2, second) == AttributeSet("c-1", "plan", "GOLD")
    assert encode_body(AttributeSet("c-1", "plan", "x")).version == 3
    with pytest.raises(CodecError, match="cannot be read"):
        decode_body("AttributeSet", 1, b'{"contact":"c-1","value":"gold"}')


def test_snapshots_of_another_shape_are_refused():
    data = codec.encode(AgentProfile("ann"))
    with pytest.raises(CodecError) as caught:
        codec.decode(data, Agent)
    assert caught.value.code == "snapshot-shape"
    with pytest.raises(CodecError) as caught:
        codec.decode(data[:-3], AgentProfile)
    assert caught.value.code == "snapshot-unreadable"


def test_the_shape_is_the_same_in_every_process():
    program = (
        "from acd.app.codec import shape; from acd.core.state import State; print(shape(State))"
    )
    shapes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert shapes == {codec.shape(State) + "\n"}
