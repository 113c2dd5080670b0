"""A busy desk that no centre had to make: documents as the API tells them, and who tells them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Page, Route, WebSocketRoute

NOW = datetime.now(UTC)

Document = dict[str, Any]


def ago(**since: float) -> str:
    """Return an instant of the past as the API writes it."""
    return (NOW - timedelta(**since)).isoformat().replace("+00:00", "Z")


def contact(name: str, channel: str, who: str, address: str, **given: Any) -> Document:
    """Return a contact."""
    document = {
        "id": name,
        "version": 1,
        "channel": channel,
        "state": "active",
        "customer": {"address": address, "name": who},
        "queue": "support",
        "agent": "ann",
        "ani": address,
        "dnis": "100" if channel == "voice" else "support@example.org",
        "language": "en",
        "attributes": {},
        "priority": 0,
        "requirement": [],
        "opened_at": ago(minutes=6),
        "queued_at": ago(minutes=5),
        "answered_at": ago(minutes=3),
        "offer": None,
        "customer_id": f"customer-{name}",
        "conversation": "k-1",
        "segments": [],
    }
    return document | given


def segment(kind: str, party: str, start: str, end: str | None, reason: str = "") -> Document:
    """Return a part of a contact."""
    return {"id": f"{kind}-{party}", "kind": kind, "party": party, "start_at": start,
            "answered_at": None, "end_at": end, "reason": reason}  # fmt: skip


def work(of: str, channel: str, state: str, **since: float) -> Document:
    """Return what an agent works on."""
    return {"contact": of, "offer": f"o-{of}", "channel": channel, "queue": "support",
            "state": state, "since": ago(**since)}  # fmt: skip


def message(number: int, of: str, author: str, text: str, **given: Any) -> Document:
    """Return a message."""
    return {"id": f"m-{number}", "contact": of, "seq": number, "author": author, "text": text,
            "at": ago(minutes=6 - number / 4), "state": "delivered"} | given  # fmt: skip


CONTACTS = [
    contact(
        "call",
        "voice",
        "Maria Lopez",
        "+15550123",
        attributes={"order": "900417", "language_choice": "en", "note": "Business order 900417"},
        segments=[
            segment("flow", "main", ago(minutes=6), ago(minutes=5.5), "queued"),
            segment("queue", "support", ago(minutes=5.5), ago(minutes=3), "answered"),
            segment("agent", "ann", ago(minutes=3), None),
        ],
    ),
    contact("chat", "chat", "Jo Fischer", "jo@example.org"),
    contact("mail", "mail", "Ines Duarte", "ines.duarte@example.org"),
    contact("done", "chat", "Sam Okafor", "sam@example.org", state="wrapup"),
    contact(
        "offer",
        "chat",
        "Priya Nair",
        "priya@example.org",
        state="offered",
        agent=None,
        requirement=[{"skill": "billing", "min": 2, "relax_after": 60}],
        offer={
            "id": "o-offer",
            "agent": "ann",
            "made_at": ago(seconds=6),
            "expires_at": (NOW + timedelta(seconds=3600)).isoformat(),
            "is_ringing": False,
        },
    ),
]

MAIL = """<p>Good morning,</p><p>the second parcel of order <b>900417</b> has not arrived.
I attach the delivery note.</p><blockquote>Your order has been shipped.</blockquote>
<p>Kind regards<br>Ines Duarte</p>"""

MESSAGES = [
    message(1, "chat", "system", "Welcome! Somebody will be with you soon."),
    message(2, "chat", "customer", "Hi, my router shows a red light since this morning."),
    message(
        3,
        "chat",
        "agent",
        "Good day, I am Ann. Have you tried to switch it off and on?",
        agent="ann",
    ),
    message(4, "chat", "customer", "Yes, twice. See https://example.org/photo/17 for a picture."),
    message(
        5,
        "chat",
        "customer",
        "Here is what it says:",
        attachments=[
            {"id": "a-1", "name": "router status.png", "type": "image/png", "size": 84213}
        ],
    ),
    message(
        6,
        "mail",
        "customer",
        "Good morning,\n\nthe second parcel has not arrived.",
        subject="Order 900417: one parcel is missing",
        html=MAIL,
        attachments=[
            {"id": "a-2", "name": "delivery note.pdf", "type": "application/pdf", "size": 1310720}
        ],
    ),
    message(
        7,
        "mail",
        "agent",
        "Dear Ms Duarte,\n\nI am looking into it.",
        agent="ann",
        subject="Re: Order 900417: one parcel is missing",
        state="sent",
    ),
    message(8, "done", "customer", "That was it, thank you!"),
]

ME: Document = {
    "name": "ann",
    "title": "Ann Example",
    "presence": "available",
    "reason": "",
    "presence_since": ago(minutes=42),
    "state": "active",
    "why_not": {"voice": "active"},
    "phone": "1001",
    "is_reachable": True,
    "queues": {"support": 1},
    "skills": {"billing": 3},
    "works": [
        work("call", "voice", "active", minutes=3),
        work("chat", "chat", "active", minutes=2.5),
        work("mail", "mail", "held", minutes=2),
        work("done", "chat", "wrapup", seconds=20),
        work("offer", "chat", "offered", seconds=6),
    ],
}


def timeline_entry(number: int, channel: str, happened: str, **given: Any) -> Document:
    """Return a contact of the past."""
    return {"contact": f"old-{number}", "conversation": "k-0", "channel": channel,
            "happened": happened, "queue": "support", "agent": "bob", "disposition": "resolved",
            "note": "", "opened_at": ago(days=3 * number), "end_reason": None} | given  # fmt: skip


def missed_call(number: int, who: str, **given: Any) -> Document:
    """Return a missed call."""
    return {"contact": f"missed-{number}", "conversation": "k-1", "customer": "customer",
            "name": who, "number": f"+1555012{number}", "addresses": [], "queue": "support",
            "happened": "missed", "missed_at": ago(minutes=9 * number), "wait_seconds": 74.0,
            "calls": 1, "tries": 0, "tried_at": None, "attributes": {}} | given  # fmt: skip


MISSED = [
    missed_call(1, "Maria Lopez", addresses=["maria.lopez@example.org"], calls=3),
    missed_call(2, "", tries=2, tried_at=ago(minutes=2)),
    missed_call(3, "Oluwaseun Adebayo-Fitzgerald", happened="message_left"),
]


def step(flow: str, title: str, node: str, type_: str, text: str, **given: Any) -> Document:
    """Return a place of a flow that a contact came through."""
    return {"flow": flow, "title": title, "node": node, "type": type_, "text": text,
            "answer": "", "troubles": []} | given  # fmt: skip


SUGGESTED = {
    "name": "sorry",
    "title": "Sorry",
    "texts": {"en": "Good day {customer}, I am {agent}. Sorry for the trouble with your order."},
}

MENU = "For sales press 1, for an order you have placed press 2."

HANDOVERS = {
    "call": {
        "contact": "call",
        "language": "en",
        "customer": "customer-call",
        "values": {"order": "900417"},
        "steps": [
            step("main", "Main menu", "menu", "menu", MENU, troubles=["not_understood"]),
            step("order", "Orders", "number", "collect", "The number of your order, please."),
        ],
        "troubles": [
            {"reason": "not_understood", "times": 2, "text": MENU},
            {"reason": "operator", "times": 1, "text": ""},
        ],
        "reply": SUGGESTED,
    },
    "chat": {
        "contact": "chat",
        "language": "en",
        "customer": "customer-chat",
        "values": {},
        "steps": [
            step(
                "chat",
                "Chats",
                "about",
                "menu",
                "What is it about?",
                answer="2 · Something does not work",
            )
        ],
        "troubles": [],
        "reply": SUGGESTED,
    },
}

NO_HANDOVER = {"language": "en", "customer": None, "values": {}, "steps": [], "troubles": [],
               "reply": None}  # fmt: skip

ANSWERS: dict[str, Any] = {
    "/session": {"agent": "ann", "title": "Ann Example", "role": "agent", "csrf": "c" * 64,
                 "expires_at": None},
    "/session/sip": {"error": {"code": "no-phone", "message": "you have no phone"}},
    "/customers": {
        "id": "customer", "name": "Maria Lopez", "language": "en", "preferred_agent": None,
        "note": "Prefers to be called in the afternoon.", "created_at": ago(days=90),
        "identities": [{"kind": "number", "text": "+15550123"},
                       {"kind": "address", "text": "maria.lopez@example.org"}],
        "merged": [], "merged_into": None,
    },
    "/missed": {"calls": [], "can_write": True},
    "/contacts": CONTACTS[0] | {"id": "missed-1", "state": "closed", "agent": None},
    "timeline": {"entries": [
        timeline_entry(0, "mail", "answered", agent="ann", conversation="k-1", is_ours=True),
        timeline_entry(0, "voice", "missed", agent=None, disposition="", conversation="k-1",
                       end_reason="abandoned"),
        timeline_entry(1, "voice", "missed", agent=None, disposition=""),
        timeline_entry(2, "mail", "answered", note="Sent a new invoice."),
        timeline_entry(9, "chat", "ended", agent=None, disposition="", scores=[
            {"survey": "after-chat", "question": "overall", "scale": "csat", "score": 4}]),
    ], "next": None},
    "handover": HANDOVERS,
    "/replies": {"replies": [
        {"name": "greeting", "title": "Greeting",
         "texts": {"en": "Good day {customer}, my name is {agent}. How may I help?"}},
        {"name": "wait", "title": "One moment",
         "texts": {"en": "One moment please, I am looking it up."}},
        {"name": "bye", "title": "Goodbye", "texts": {"en": "Thank you, and goodbye!"}},
    ]},
    "/queues": {"queues": [
        {"name": "billing", "title": "Billing", "waiting": 3, "agents_available": 0},
        {"name": "sales", "title": "Sales", "waiting": 0, "agents_available": 4},
    ]},
    "/agents": {"agents": [
        {"name": "bob", "title": "Bob Example", "state": "available"},
        {"name": "cid", "title": "Cid Example", "state": "active"},
    ]},
}  # fmt: skip


class Desk:
    """Answers a page in the API's place.

    Attributes:
        data: what the live feed tells; changed by :meth:`tell`.
        taken: requests that changed something: method, path and body.
        refuses: paths of changes to the codes that they are refused with.
        is_up: while false nobody answers.
    """

    def __init__(self, **given: Any) -> None:
        self.data: Document = {
            "me": ME,
            "agents": {},
            "queues": {},
            "contacts": {one["id"]: one for one in CONTACTS},
            "messages": MESSAGES,
            "typing": {"chat": {"who": "customer", "until": "2099-01-01T00:00:00Z"}},
        } | given
        self.answers = copy.deepcopy(ANSWERS)
        self.taken: list[tuple[str, str, Any]] = []
        self.refuses: dict[str, str] = {}
        self.is_up = True
        self._seq = 0
        self._feeds: list[WebSocketRoute] = []

    async def serve(self, page: Page) -> None:
        """Answer this page."""
        await page.route("**/api/v1/**", self._answer)
        await page.route_web_socket("**/api/v1/live*", self._feed)

    def tell(self, **delta: Any) -> None:
        """Tell a delta."""
        self._seq += 1
        for feed in self._feeds:
            feed.send(json.dumps({"type": "delta", "seq": self._seq, "data": delta}))

    async def cut(self) -> None:
        """Let the network fail."""
        self.is_up = False
        for feed in self._feeds:
            await feed.close(code=1011)
        self._feeds.clear()

    async def _feed(self, feed: WebSocketRoute) -> None:
        if not self.is_up:
            await feed.close(code=1011)
            return
        self._feeds.append(feed)
        feed.send(json.dumps({"type": "snapshot", "seq": self._seq, "data": self.data}))

    async def _answer(self, route: Route) -> None:
        request = route.request
        path = request.url.split("/api/v1", 1)[1].split("?")[0]
        if not self.is_up:
            await route.abort("connectionfailed")
            return
        if request.method != "GET":
            self.taken.append((request.method, path, request.post_data_json))
            if code := self.refuses.get(path):
                refusal = {"error": {"code": code, "message": code, "details": {}}}
                await route.fulfill(status=409, json=refusal)
            elif "/customers/" in path or path.endswith("/mail"):
                await route.fulfill(json=self.answers["/customers"] | {"contact": "begun"})
            else:
                await route.fulfill(status=204)
            return
        if path.endswith("/messages"):
            of = path.split("/")[2]
            found: Any = {"messages": [m for m in self.data["messages"] if m["contact"] == of]}
        elif path == "/customers" and "?" in request.url:
            found = self.answers["customers?"]
        elif path.endswith("/handover"):
            found = self.answers["handover"].get(path.split("/")[2], NO_HANDOVER)
        elif path.endswith("/timeline"):
            found = self.answers["timeline"]
        else:
            found = self.answers.get(path) or self.answers["/" + path.split("/")[1]]
        status = 404 if "error" in found else 200
        if found == self.answers["/session"] and self.answers.get("is_signed_out"):
            status, found = 401, {"error": {"code": "token-missing", "message": "", "details": {}}}
        await route.fulfill(status=status, json=found)
