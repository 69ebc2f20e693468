"""By what a customer is known to limits per customer."""

from apps.loyalty.rules.mailboxes import mailbox_key
from apps.loyalty.rules.offers import Buyer
from bakery.kernel.logs import fingerprint


def mailbox_of(email: str) -> str:
    """Return the keyed hash of an address's mailbox, "" for no address."""
    key = mailbox_key(email)
    return fingerprint(key) if key else ""


def customer_keys(buyer: Buyer | None) -> list[str]:
    """Return the keys under which ``buyer``'s uses are counted: account and mailbox, both.

    Counting both keeps a customer from using a promotion once signed in and once as a guest.
    """
    if buyer is None:
        return []
    keys = [f"user:{buyer.user_id}"] if buyer.user_id is not None else []
    mailbox = mailbox_of(buyer.email)
    return sorted([*keys, *([f"mail:{mailbox}"] if mailbox else [])])
