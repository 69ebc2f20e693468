"""Stripe's lists, newest first and one page at a time. Errors are `stripe_client`'s."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from apps.payments.adapters.stripe_client import find, make_client
from apps.payments.adapters.stripe_gateway import SessionView, view_session
from apps.payments.rules.subjects import ATTEMPT_KEY

# As many as Stripe gives at once.
PAGE = 100
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of a list, and behind which of Stripe's ids the next page begins ("" for the end)."""

    rows: list[Row]
    cursor: str


@dataclass(frozen=True)
class Movement:
    """A row of Stripe's own books: what moved our balance there, and why.

    Amounts are minor units of ``currency``; ``amount`` is signed, ``fee`` was taken from it.
    ``source`` is the id of the charge, refund or dispute. ``asked`` is what its customer paid or
    got, in the currency ``asked_in``; both differ from the movement where Stripe converts money.
    ``is_ours`` tells that the payment carries the mark of this shop's payment pages.
    """

    id: str
    kind: str
    category: str
    amount: int
    fee: int
    currency: str
    moved_at: datetime
    source: str
    charge: str
    intent: str
    asked: int
    asked_in: str
    is_ours: bool


def list_events(*, since: datetime, until: datetime, cursor: str = "") -> Page[str] | None:
    """Return the events of a time as JSON, None when the cursor is no longer known."""
    raw = _list("events", since=since, until=until, cursor=cursor)
    return None if raw is None else _page(raw, json.dumps)


def list_paid_sessions(
    *, since: datetime, until: datetime, cursor: str = ""
) -> Page[SessionView] | None:
    """Return the sessions made in a time whose customers are through; else as `list_events`."""
    raw = _list("checkout/sessions", since=since, until=until, cursor=cursor, status="complete")
    return None if raw is None else _page(raw, view_session)


def list_movements(*, since: datetime, until: datetime, cursor: str = "") -> Page[Movement] | None:
    """Return what moved the balance in a time; else as `list_events`."""
    raw = _list(
        "balance_transactions", since=since, until=until, cursor=cursor, expand=["data.source"]
    )
    return None if raw is None else _page(raw, _movement)


def list_movements_of(source: str) -> Page[Movement] | None:
    """Return what one charge, refund or dispute moved, None when Stripe does not know it."""
    raw = _get("balance_transactions", source=source, expand=["data.source"])
    return None if raw is None else _page(raw, _movement)


def _list(
    path: str, *, since: datetime, until: datetime, cursor: str, **params: Any
) -> dict[str, Any] | None:
    if cursor:
        params["starting_after"] = cursor
    window = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    return _get(path, created=window, **params)


def _get(path: str, **params: Any) -> dict[str, Any] | None:
    def call() -> dict[str, Any]:
        reply = make_client().raw_request("get", f"/v1/{path}", limit=PAGE, **params)
        return cast("dict[str, Any]", reply.data)

    return find(call)


def _page(raw: Mapping[str, Any], read: Callable[[Any], Row]) -> Page[Row]:
    data = raw["data"]
    return Page([read(row) for row in data], data[-1]["id"] if raw["has_more"] and data else "")


def _movement(raw: Mapping[str, Any]) -> Movement:
    source = raw.get("source")
    thing = source if isinstance(source, dict) else {}
    metadata = thing.get("metadata") or {}
    is_charge = thing.get("object") == "charge"
    return Movement(
        id=raw["id"],
        kind=raw["type"],
        category=raw.get("reporting_category") or "",
        amount=raw["amount"],
        fee=raw["fee"],
        currency=raw["currency"].upper(),
        moved_at=datetime.fromtimestamp(raw["created"], tz=UTC),
        source=str(thing.get("id") or source or ""),
        charge=str(thing["id"] if is_charge else thing.get("charge") or ""),
        intent=str(thing.get("payment_intent") or ""),
        asked=int(thing.get("amount_captured") or thing.get("amount") or raw["amount"]),
        asked_in=str(thing.get("currency") or raw["currency"]).upper(),
        is_ours=bool(metadata.get(ATTEMPT_KEY)),
    )
