"""What mails say: pure, without a process around it."""

from __future__ import annotations

import msgspec
import pytest

from acd.gateways.mail.automatic import Automatic, automatic
from acd.gateways.mail.decode import decode
from acd.gateways.mail.text import clean_html
from acd.gateways.mail.threads import OwnIds, thread_of
from acd.testing.mails import mail, many_addresses, many_files, odd

pytestmark = pytest.mark.core

OURS = OwnIds("secret")


def test_a_plain_mail() -> None:
    parsed = decode(
        mail(
            "Where is it?\r\n\r\nOn Mon, 5 Jan 2026 at 10:00, Ann <support@example.org> wrote:\r\n"
            "> Soon.\r\n",
            sender="=?utf-8?q?J=C3=B6rg?= <Jo@Example.org>",
            subject="=?utf-8?b?R3LDvMOfZQ==?=\r\n from Jo",
            References="<a@x> <b@x>",
            In_Reply_To="<c@x>",
            Content_Language="es-MX",
        )
    )
    assert (parsed.sender, parsed.sender_name) == ("jo@example.org", "Jörg")
    assert parsed.subject == "Grüße from Jo"
    assert parsed.text == "Where is it?"
    assert parsed.message_id == "<first@example.org>"
    assert parsed.references == ("<a@x>", "<b@x>", "<c@x>")
    assert parsed.language == "es"
    assert parsed.recipients == ("support@example.org",)


def test_quotation_alone_is_the_text() -> None:
    assert decode(mail("> only\r\n> quoted")).text == "> only\n> quoted"


def test_html_alone_has_a_text_and_nothing_runs_or_loads() -> None:
    parsed = decode(
        mail(
            "<p onclick=x()>Hello<br>you</p><script>alert(1)</script><style>p{}</style>"
            '<img src="http://evil.example/p.gif" alt="logo"><svg onload=x()></svg>'
            '<a href="javascript:x()">bad</a> <a href="https://good.example/">good</a>'
            "<blockquote>old words</blockquote>",
            Content_Type="text/html; charset=utf-8",
        )
    )
    assert parsed.text.splitlines()[:2] == ["Hello", "you"]
    assert "old words" not in parsed.text
    for evil in ("onclick", "script", "alert", "evil.example", "svg", "style", "src"):
        assert evil not in parsed.html
    assert '<img alt="logo">' in parsed.html
    assert 'href="https://good.example/"' in parsed.html


@pytest.mark.parametrize(
    "html",
    [
        '<form action="https://evil.example"><input name=card></form>',
        '<iframe src="https://evil.example"></iframe>',
        "<math><mtext></math><img src=x onerror=alert(1)>",
        '<div style="background:url(https://evil.example)">x</div>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<base href="//evil.example"><meta http-equiv=refresh content="0;url=//evil.example">',
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<video poster="https://evil.example"></video><link rel=stylesheet href=//evil.example>',
    ],
)
def test_clean_html_keeps_nothing_that_acts(html: str) -> None:
    clean = clean_html(html)
    assert "evil" not in clean
    assert "<img src" not in clean
    assert " onerror" not in clean.split('"')[0]
    assert "data:" not in clean


def test_file_names_are_text_never_paths() -> None:
    names = {
        'filename="../../etc/passwd"': "passwd",
        'filename="C:\\\\temp\\\\x.exe"': "x.exe",
        "filename*=utf-8''invoice%E2%80%AEfdp.exe": "invoice fdp.exe",
        'filename="<script>.html"': "<script>.html",
        'filename="=?utf-8?q?=C3=BC=2Etxt?="': "ü.txt",
    }
    for given, expected in names.items():
        raw = mail("x", Content_Disposition=f"attachment; {given}",
                   Content_Type="application/pdf")  # fmt: skip
        assert [part.name for part in decode(raw).attachments] == [expected]


def test_attachments() -> None:
    parsed = decode(many_files(200))
    assert len(parsed.attachments) == 200
    assert parsed.attachments[7].name == "file-7.txt"
    assert parsed.attachments[7].content == b"x"
    assert parsed.text == "Hello"


def test_a_mail_in_a_mail_is_a_file() -> None:
    inner = mail("inner", sender="eve@example.org")
    raw = mail(inner.decode(), Content_Type="message/rfc822")
    parsed = decode(raw)
    assert parsed.sender == "jo@example.org"
    assert parsed.text == ""
    assert [part.type for part in parsed.attachments] == ["message/rfc822"]
    assert b"eve@example.org" in parsed.attachments[0].content


def test_ten_thousand_addresses_are_cut() -> None:
    parsed = decode(many_addresses())
    assert parsed.sender == "a0@example.org"
    assert len(parsed.recipients) == 100


def test_every_odd_mail_is_a_mail() -> None:
    count = 0
    for what, raw in odd():
        parsed = decode(raw)
        assert "\0" not in parsed.text + parsed.subject + parsed.sender, what
        assert "\n" not in parsed.subject + parsed.sender + parsed.sender_name, what
        assert parsed.sender == "" or parsed.sender.count("@") == 1, what
        count += 1
    assert count == 200


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ('"eve@example.org" <jo@example.org>', "jo@example.org"),
        ("=?utf-8?q?eve=40example=2Eorg?= <jo@example.org>", "jo@example.org"),
        ("=?utf-8?q?=3Ceve=40example=2Eorg=3E?= <jo@example.org>", "jo@example.org"),
        ("jo@example.org, eve@example.org", "jo@example.org"),
        ("undisclosed-recipients:;", ""),
        ("jo@example.org\r\nBcc: eve@example.org", "jo@example.org"),
        ("Jo", ""),
    ],
)
def test_the_sender_is_who_is_meant(sender: str, expected: str) -> None:
    assert decode(mail(sender=sender)).sender == expected


class TestThreads:
    def of(self, sender: str = "jo@example.org", **given: object) -> str:
        return thread_of(
            OURS,
            "support@example.org",
            sender,
            str(given.get("message_id", "<first@example.org>")),
            tuple(given.get("references", ())),  # type: ignore[arg-type]
            str(given.get("digest", "d")),
        )

    def test_an_answer_names_its_thread(self) -> None:
        thread = self.of()
        ours = OURS.make("m-12-0a1b2c3d", thread, "example.org")
        for references in ((ours,), ("<first@example.org>", ours), ("<x@y>", ours, "<z@y>")):
            assert self.of("other@example.org", references=references) == thread

    def test_a_second_mail_that_refers_to_the_first_is_of_its_thread(self) -> None:
        again = self.of(message_id="<second@x>", references=("<first@example.org>",))
        assert again == self.of()

    def test_a_stranger_who_knows_an_id_is_not(self) -> None:
        assert self.of("eve@example.org", references=("<first@example.org>",)) != self.of()

    def test_nobody_else_makes_our_ids(self) -> None:
        thread = self.of()
        forged = OwnIds("guess").make("m-12-0a1b2c3d", thread, "example.org")
        assert OURS.thread_of(forged) is None
        ours = OURS.make("m-12-0a1b2c3d", thread, "example.org")
        assert OURS.thread_of(ours.replace("m-12", "m-13")) is None
        assert OURS.thread_of(ours) == thread

    def test_mails_without_id_are_told_apart_by_content(self) -> None:
        assert self.of(message_id="", digest="a") != self.of(message_id="", digest="b")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Automatic.PERSON),
        ({"Auto_Submitted": "no"}, Automatic.PERSON),
        ({"Auto_Submitted": "auto-replied; owner-email=x"}, Automatic.REPLY),
        ({"Auto_Submitted": "auto-generated"}, Automatic.REPLY),
        ({"Precedence": "auto_reply"}, Automatic.REPLY),
        ({"X_Auto_Response_Suppress": "OOF, AutoReply"}, Automatic.REPLY),
        ({"X_Auto_Response_Suppress": "DR"}, Automatic.PERSON),
        ({"Precedence": "Bulk"}, Automatic.BULK),
        ({"List_Id": "<news.example.org>"}, Automatic.BULK),
        ({"Return_Path": "<>"}, Automatic.BOUNCE),
        ({"Content_Type": "multipart/report; report-type=delivery-status"}, Automatic.BOUNCE),
        ({"sender": "MAILER-DAEMON@example.org"}, Automatic.BOUNCE),
        ({"sender": "no-reply@example.org"}, Automatic.BOUNCE),
        ({"sender": "Support <SUPPORT@example.org>"}, Automatic.OWN),
        ({"message_id": OURS.make("m-1-00000000", "mail:" + "0" * 20, "x")}, Automatic.OWN),
    ],
)
def test_machines_are_known(headers: dict[str, str], expected: Automatic) -> None:
    parsed = decode(mail(**headers))
    assert automatic(parsed, OURS, {"support@example.org"}) is expected


def test_an_empty_envelope_sender_is_a_bounce() -> None:
    assert automatic(decode(mail()), OURS, (), "") is Automatic.BOUNCE
    assert automatic(decode(mail()), OURS, (), "jo@example.org") is Automatic.PERSON


HALF = {
    "in headers": mail(
        "hello", subject="=?utf-8?q?x?= \\ud83d hi", sender="=?utf-8?q?J?= \\udc00 <jo@example.org>"
    ),
    "UTF-7": mail("+2D0- hello", Content_Type="text/plain; charset=utf-7"),
    "escapes": mail("\\ud83d hello", Content_Type="text/plain; charset=raw-unicode-escape"),
    "HTML": mail("<p>&#xd83d; hello</p>", Content_Type="text/html; charset=utf-7"),
    "no charset at all": mail("hello", Content_Type="text/plain; charset=idna"),
}


@pytest.mark.parametrize("raw", HALF.values(), ids=list(HALF))
def test_half_characters_are_mended(raw: bytes) -> None:
    """Nothing that is written down or sent can hold them: the whole mail would be unreadable."""
    parsed = decode(raw)
    assert msgspec.msgpack.encode(parsed)
    assert "hello" in parsed.text
    assert parsed.sender == "jo@example.org"
