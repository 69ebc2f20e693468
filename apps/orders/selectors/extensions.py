"""What higher apps, such as payments, add to what is shown of an order; registered at start-up."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.orders.models import Order
from apps.orders.selectors.carts import CartView


@dataclass(frozen=True)
class Tool:
    """A link on an order's page in the console: ``url`` names an address that takes its key.

    Shown to who holds ``permission``, for orders in ``statuses`` that came by ``channels`` (in any
    and by any when empty).
    """

    label: str
    url: str
    permission: str
    statuses: Collection[str] = ()
    channels: Collection[str] = ()


@dataclass(frozen=True)
class PagePart:
    """A section of the order's page that customers see: its template, and ``part`` in there.

    ``on_top``: it stands above what is to be paid, and not below everything.
    """

    template: str
    part: Mapping[str, Any] = field(default_factory=dict)
    on_top: bool = False


@dataclass(frozen=True)
class Flag:
    """A word on top of an order's page in the console; ``is_bad`` makes it stand out."""

    label: str
    is_bad: bool = False


FlagSource = Callable[[int], Iterable[Flag]]
PartSource = Callable[[Order, datetime], PagePart | None]
CartPartSource = Callable[[CartView, datetime], PagePart | None]
FieldSource = Callable[[Order, datetime], Mapping[str, Any]]
RowsOfOrders = Callable[[Collection[int]], Mapping[int, list[dict[str, Any]]]]
RowsOfPerson = Callable[[str, str], list[dict[str, Any]]]
_tools: list[Tool] = []
_flags: list[FlagSource] = []
_parts: list[PartSource] = []
_cart_parts: list[CartPartSource] = []
_fields: list[FieldSource] = []
_personal: dict[str, RowsOfOrders] = {}
_of_people: dict[str, RowsOfPerson] = {}


def add_order_tool(tool: Tool) -> None:
    """Let the console's page of an order link to ``tool``."""
    if tool not in _tools:
        _tools.append(tool)


def order_tools() -> tuple[Tool, ...]:
    """Return the tools that other apps brought, in the order in which they came."""
    return tuple(_tools)


def add_order_flags(source: FlagSource) -> None:
    """Let the console's page of an order show the flags that ``source`` returns for its key."""
    if source not in _flags:
        _flags.append(source)


def order_flags(order_id: int) -> list[Flag]:
    """Return the flags that other apps put on an order."""
    return [flag for source in _flags for flag in source(order_id)]


def add_page_part(source: PartSource) -> None:
    """Let the customer's page of every order show what ``source`` returns; None shows nothing.

    ``source`` gets the order and the moment at which it is looked at.
    """
    if source not in _parts:
        _parts.append(source)


def page_parts(order: Order, *, at: datetime) -> list[PagePart]:
    """Return what other apps show of an order to its customer."""
    found = (source(order, at) for source in _parts)
    return [part for part in found if part is not None]


def add_cart_part(source: CartPartSource) -> None:
    """Let the page of every cart show what ``source`` returns below its sums; None shows nothing.

    ``source`` gets the cart and the moment at which it is looked at.
    """
    if source not in _cart_parts:
        _cart_parts.append(source)


def cart_parts(cart: CartView, *, at: datetime) -> list[PagePart]:
    """Return what other apps show of a cart to its owner."""
    found = (source(cart, at) for source in _cart_parts)
    return [part for part in found if part is not None]


def add_order_fields(source: FieldSource) -> None:
    """Let the representation of every order have the fields, JSON, that ``source`` returns.

    ``source`` gets the order and the moment at which it is looked at. What it adds is named in
    `OrderOutput` as well.
    """
    if source not in _fields:
        _fields.append(source)


def order_fields(order: Order, *, at: datetime) -> dict[str, Any]:
    """Return what other apps add to an order's representation."""
    return {name: value for source in _fields for name, value in source(order, at).items()}


def add_personal_rows(name: str, source: RowsOfOrders) -> None:
    """Let what people take along of their orders have, called ``name``, what ``source`` returns.

    ``source`` gets the keys of some orders and returns rows, plain data, by them; in few queries.
    """
    _personal[name] = source


def personal_rows(order_ids: Collection[int]) -> list[tuple[str, Mapping[int, list[Any]]]]:
    """Return what other apps keep about the customers of orders, by name and by order."""
    return [(name, source(order_ids)) for name, source in _personal.items()]


def add_person_rows(name: str, source: RowsOfPerson) -> None:
    """Let what people take along of all that is kept about them have, called ``name``, more.

    ``source`` gets a mailbox and an E.164 number, "" for none, and returns rows, plain data.
    """
    _of_people[name] = source


def person_rows(email: str, phone: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return what other apps keep about who has a mailbox or a number, by name."""
    return {name: source(email, phone) for name, source in _of_people.items()}
