"""What an order is placed with."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Who orders; ``user_id`` for an account, None for a guest."""

    name: str
    email: str
    phone: str = ""
    user_id: int | None = None
