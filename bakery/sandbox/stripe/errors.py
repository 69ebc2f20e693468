"""Stripe's error replies."""

from typing import Any


class StripeError(Exception):
    """An error that the API answers with `status` and Stripe's JSON envelope."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        error_type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": error_type, "message": message}
        if code is not None:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code}"}
        if param is not None:
            self.error["param"] = param
        self.error |= {name: value for name, value in details.items() if value is not None}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    """Return a 400 for a bad parameter."""
    return StripeError(400, message, param=param, code=code)


def missing(kind: str, key: str, *, param: str = "id") -> StripeError:
    """Return the 404 for an object that does not exist."""
    return StripeError(404, f"No such {kind}: '{key}'", param=param, code="resource_missing")


def unimplemented(what: str, *, param: str | None = None) -> StripeError:
    """Return a 400 for what real Stripe can do and the sandbox cannot, rather than ignore it."""
    return StripeError(400, f"The sandbox does not implement {what}.", param=param)
