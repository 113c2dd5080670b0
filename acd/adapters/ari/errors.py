"""What can go wrong between the engine and ARI."""

from __future__ import annotations

from acd.core.errors import AcdError


class AriFault(AcdError):
    """Base of all of them.

    Attributes:
        retryable: whether the same request may succeed later, unchanged.
    """

    code = "ari-fault"
    retryable = False


class AriError(AriFault):
    """Asterisk refused an operation.

    Codes: ``ari-gone`` (404), ``ari-conflict`` (409), ``ari-unauthorised`` (401, 403),
    ``ari-unreadable`` (a reply of another shape than its description) and ``ari-refused`` for
    every other status.

    Attributes:
        status: HTTP status of the reply, 200 if the reply came but could not be read.
    """

    code = "ari-refused"

    def __init__(self, status: int, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status

    @classmethod
    def from_reply(cls, status: int, reason: str, what: str) -> AriError:
        """Classify a reply whose status is 400 or more.

        Args:
            status: HTTP status.
            reason: what Asterisk said.
            what: method and path of the request, without its parameters.
        """
        code = _CODES.get(status, cls.code)
        return cls(status, code, f"ARI {what}: {status} {reason}")


class AriUnavailable(AriFault):
    """No answer: the link is down, was lost, or the deadline passed.

    The operation may or may not have been carried out. Every id is chosen by the caller, so
    repeating it is safe: 409 on create and 404 on removal then mean "already done".

    Codes: ``ari-disconnected`` and ``ari-timeout``.
    """

    code = "ari-disconnected"
    retryable = True


class AriRequestTooLarge(AriFault):
    """The request would not fit a websocket frame, which Asterisk answers by hanging up."""

    code = "ari-request-too-large"


class AriReplaced(AriFault):
    """Another client connected with the same application name: this one must fall silent."""

    code = "ari-replaced"

    def __init__(self, app: str) -> None:
        super().__init__(
            f"another engine has taken over the ARI application {app!r}",
            hint="stop one of the two",
        )


_CODES = {401: "ari-unauthorised", 403: "ari-unauthorised", 404: "ari-gone", 409: "ari-conflict"}


def is_gone(error: BaseException) -> bool:
    """Say whether ``error`` only means that the object has already ended (404)."""
    return isinstance(error, AriError) and error.status == 404
