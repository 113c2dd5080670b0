"""Web services of others, by the names that the settings give them.

Flows name a service and a path; where it is, what it is told of us and whether it may be of the
inside is the settings' business. So no flow and no caller decides which host is asked.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from acd.app.breaker import Breaker
from acd.core.errors import AcdError
from acd.ports.http import HttpClient, HttpError, HttpReply

log = structlog.get_logger()

LARGEST_ANSWER = 1_000_000
"""Octets of an answer that are read."""

OK, NOT_FOUND = "ok", "not_found"

_NOT_FOUND_STATUS = 404
_BUSY = frozenset({408, 425, 429})


class ServiceError(AcdError):
    """A service did not do what it was asked.

    Codes: ``service-unknown``, ``service-resting`` (it failed too often and is left alone for a
    while), ``http-500`` and the like, those of :class:`acd.ports.http.HttpError`,
    ``answer-unexpected``.

    Attributes:
        is_passing: the same may succeed later.
    """

    code = "answer-unexpected"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", is_passing: bool = False
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.is_passing = is_passing


@dataclass(frozen=True, slots=True)
class Service:
    """A service as set up.

    Attributes:
        name: what flows call it.
        url: what paths are added to; no slash at its end.
        headers: sent with every question: our credentials.
        allow_private: it may have an address of the inside.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_private: bool = False


class Services:
    """Asks services, each behind a breaker of its own.

    Args:
        services: as set up.
        http: how they are reached.
        clock: seconds that only go on.

    Attributes:
        counts: (service, outcome) to how often; outcomes are ``ok``, ``not_found`` and codes.
        breakers: by name of the service.
    """

    def __init__(
        self,
        services: Iterable[Service],
        http: HttpClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self._services = {service.name: service for service in services}
        self._http = http
        self._clock = clock
        self.breakers = {name: Breaker() for name in self._services}

    async def ask(
        self, name: str, method: str, path: str, body: bytes | None, *, key: str, seconds: float
    ) -> HttpReply | None:
        """Ask a service; a redirect is not followed.

        Args:
            name: of the service.
            method: ``GET`` or ``POST``.
            path: path and query, encoded.
            body: JSON; None for none.
            key: the same for every attempt at one thing, so that it is done once
                (``Idempotency-Key``).
            seconds: for all of it.

        Returns:
            The answer, whose status is one of success; None for 404.

        Raises:
            ServiceError: there is no such service, or none that works, or it refused.
        """
        began = self._clock()
        outcome = "cancelled"
        try:
            reply = await self._ask(name, method, path, body, key=key, seconds=seconds)
            outcome = OK if reply is not None else NOT_FOUND
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            self.counts[name if name in self._services else "", outcome] += 1
            took = round(self._clock() - began, 3)
            log.info("service asked", service=name, key=key, outcome=outcome, seconds=took)
        return reply

    async def _ask(
        self, name: str, method: str, path: str, body: bytes | None, *, key: str, seconds: float
    ) -> HttpReply | None:
        service = self._services.get(name)
        if service is None:
            raise ServiceError(
                f"there is no service {name!r}", code="service-unknown",
                hint=f"add [services.{name}] to the settings",
            )  # fmt: skip
        breaker = self.breakers[name]
        if not breaker.allows(self._clock()):
            raise ServiceError("it failed too often", code="service-resting", is_passing=True)
        headers = {**service.headers, "Accept": "application/json", "Idempotency-Key": key}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            reply = await self._http.request(
                method,
                service.url + path,
                headers,
                body,
                seconds=seconds,
                largest=LARGEST_ANSWER,
                allow_private=service.allow_private,
            )
        except HttpError as error:
            breaker.failed(self._clock())
            is_passing = error.code in ("http-timeout", "http-unreachable")
            raise ServiceError(
                error.message, code=error.code, hint=error.hint, is_passing=is_passing
            ) from error
        is_busy = reply.status >= 500 or reply.status in _BUSY
        if is_busy:
            breaker.failed(self._clock())
        else:
            breaker.worked()
        if reply.status == _NOT_FOUND_STATUS:
            return None
        if not 200 <= reply.status < 300:
            raise ServiceError(
                f"it answered {reply.status}", code=f"http-{reply.status}", is_passing=is_busy
            )
        return reply
