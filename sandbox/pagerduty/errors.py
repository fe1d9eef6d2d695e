"""How the REST API says no: a status and `{"error": {"message", "code", "errors"}}`."""

from __future__ import annotations


class RestError(Exception):
    """One refusal; the codes are those of PagerDuty's table of errors."""

    def __init__(self, status: int, code: int, message: str, errors: list[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors or []

    @property
    def reason(self) -> str:
        """For a person: the particular fault where one is told."""
        return "; ".join(self.errors) or self.message


def invalid_input(*errors: str) -> RestError:
    return RestError(400, 2001, "Invalid Input Provided", list(errors))


def not_found(message: str = "Not Found", code: int = 2100) -> RestError:
    return RestError(404, code, message)
