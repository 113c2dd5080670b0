"""Identities: one spelling of each, and never one of two."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.core import customer
from acd.core.customer import Identity, IdentityKind, address_of, handle_of, identity_of, number_of

pytestmark = pytest.mark.core

NUMBER, ADDRESS, HANDLE = IdentityKind
SEPARATORS = [" ", "-", ".", "/", "\u00a0", "\u2011", " - "]


def test_the_examples_are_true():
    assert doctest.testmod(customer).failed == 0


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+1 (555) 010-0199", "+15550100199"),
        ("0015550100199", "+15550100199"),
        ("15550100199", "15550100199"),  # no country is guessed
        ("+49 (0)89 / 123-456", "+4989123456"),
        ("+39 06 1234", "+39061234"),  # Italy's zero is part of the number
        ("(0)89 123", "089123"),
        ("sip:+15550100@example.org", "+15550100"),
        ("\uff0b１５５５０１００", "+15550100"),
        ("+\u0661\u0665\u0665\u0665", "+1555"),
        ("2001", "2001"),
        ("1", None),
        ("+", None),
        ("", None),
        ("anonymous", None),
        ("+1555CALLME", None),
        ("++15550100", None),
        ("1+5550100", None),
        ("+1" + "5" * 20, None),
        ("+1555\n0100", "+15550100"),
        ("+1555\x000100", None),
    ],
)
def test_numbers(written, kept):
    assert number_of(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ZOE@EXAMPLE.ORG", "zoe@example.org"),
        ("mailto:zoe+tag@example.org", "zoe+tag@example.org"),
        ("zoe@example.org.", "zoe@example.org"),
        ("zoë@example.org", "zoë@example.org"),
        ("zoe\u0308@example.org", "zoë@example.org"),
        ("zoe@BÜCHER.example", "zoe@xn--bcher-kva.example"),
        ("zoe@XN--BCHER-KVA.example", "zoe@xn--bcher-kva.example"),
        ("mi\u212ae@example.org", "mike@example.org"),  # NFC itself makes the Kelvin sign a K …
        ("\u017foe@example.org", "\u017foe@example.org"),  # … but a long s stays one
        ("zoe", None),
        ("@example.org", None),
        ("zoe@", None),
        ("zoe smith@example.org", None),
        ("zoe@exam ple.org", None),
        ("zoe\r\nBcc: x@example.org", None),
        ("zoe@\udcff", None),
        ("z" * 300 + "@example.org", None),
    ],
)
def test_addresses(written, kept):
    assert address_of(written) == kept


def test_handles_keep_their_case_and_hold_no_controls():
    assert handle_of("chat:AbC") == "chat:AbC" != handle_of("chat:abc")
    assert [handle_of(bad) for bad in ("", "  ", "a b", "a\0b", "\udcff", "x" * 201)] == [None] * 6


@given(st.text(), st.sampled_from(IdentityKind))
def test_what_is_normal_stays_as_it_is(text, kind):
    found = identity_of(text, [kind])
    if found is not None:
        assert identity_of(found.text, [kind]) == found
        assert found.text.isprintable()


@given(st.text("0123456789", min_size=3, max_size=13), st.data())
def test_however_a_number_is_grouped_it_is_the_same(digits, data):
    country = data.draw(st.sampled_from(["1", "44", "49"]))
    gaps = data.draw(st.lists(st.sampled_from(["", *SEPARATORS]), min_size=20, max_size=20))
    grouped = "".join(d + gap for d, gap in zip(digits, gaps, strict=False))
    expected = f"+{country}{digits}"
    assert number_of(f"+{country} {grouped}") == expected
    assert number_of(f"00{country}{grouped}") == expected
    assert number_of(f"tel:+{country}(0){grouped}") == expected


@given(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789.+_", min_size=1, max_size=20),
    st.data(),
)
def test_case_makes_no_other_address(local, data):
    mixed = "".join(data.draw(st.sampled_from([c, c.upper()])) for c in local)
    assert address_of(f"{mixed}@Example.ORG") == f"{local}@example.org"


@given(st.emails(), st.emails())
def test_different_addresses_stay_different(one, other):
    if one.lower() != other.lower():
        assert address_of(one) != address_of(other)


def test_the_first_kind_that_fits():
    kinds = (ADDRESS, NUMBER, HANDLE)
    assert identity_of("Z@example.org", kinds) == Identity(ADDRESS, "z@example.org")
    assert identity_of("+1 555 01", kinds) == Identity(NUMBER, "+155501")
    assert identity_of("visitor:7f", kinds) == Identity(HANDLE, "visitor:7f")
    assert identity_of("anonymous", (NUMBER,)) is None
