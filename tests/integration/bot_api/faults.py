"""Faults that a test injects per method, and the errors that the Bot API answers with."""

import random
from dataclasses import dataclass, field
from typing import Any


class ApiError(Exception):
    """What the Bot API answers instead of a result."""

    def __init__(
        self, code: int, description: str, retry_after: int | None = None, migrate_to: int | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        parameters = {"retry_after": retry_after, "migrate_to_chat_id": migrate_to}
        self.parameters = {name: value for name, value in parameters.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """Return the JSON object that carries this error."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


DESCRIPTIONS = {
    400: "Bad Request: something is wrong",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {retry_after}",
    502: "Bad Gateway",
}


@dataclass
class Fault:
    """One way of failing: an error code, a delay in seconds, a cut connection; before or after the work."""

    code: int = 0
    description: str = ""
    retry_after: int | None = None
    delay: float = 0.0
    cut: bool = False
    """Close the connection without an answer."""
    after: bool = False
    """Do the work first, then fail: the caller cannot know."""
    times: int = -1
    """How often it still happens; -1 for always."""
    probability: float = 1.0
    chat_id: int | None = None
    migrate_to: int | None = None
    text: str = ""
    """Only calls whose parameters contain this."""

    def error(self) -> ApiError:
        """Return the error to answer with."""
        description = self.description or DESCRIPTIONS[self.code].format(retry_after=self.retry_after)
        return ApiError(self.code, description, self.retry_after, self.migrate_to)


@dataclass
class FaultPlan:
    """The faults per method; drawn with a fixed seed, so that a run can be repeated."""

    by_method: dict[str, list[Fault]] = field(default_factory=dict)
    randomness: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    def add(self, method: str, fault: Fault) -> None:
        """Let `method` fail so from now on."""
        self.by_method.setdefault(method, []).append(fault)

    def clear(self) -> None:
        """Let everything succeed again."""
        self.by_method.clear()

    def draw(self, method: str, params: dict[str, Any]) -> Fault | None:
        """Return the fault that this call meets, or None."""
        for fault in self.by_method.get(method, ()):
            if fault.times == 0 or (fault.chat_id is not None and params.get("chat_id") != fault.chat_id):
                continue
            if fault.text and not any(fault.text in str(value) for value in params.values()):
                continue
            if self.randomness.random() >= fault.probability:
                continue
            fault.times -= fault.times > 0
            return fault
        return None
