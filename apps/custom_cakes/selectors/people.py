"""Whether somebody is still known by a mailbox or a number, beside their requests."""

from django.db.models import Q

from apps.accounts import selectors as accounts
from apps.orders.models import Order


def is_known_elsewhere(text: str) -> bool:
    """Tell whether an order whose customer was not erased, or an account, has ``text``."""
    mine = Q(customer_email__iexact=text) | Q(customer_phone=text)
    if Order.objects.filter(mine, erased_at=None).exists():
        return True
    return bool(accounts.owners_of(email=text) if "@" in text else accounts.owners_of(phone=text))


def account_ids(email: str) -> list[int]:
    """Return the keys of the accounts that have a mailbox."""
    return [user.pk for user in accounts.owners_of(email=email)] if email.strip() else []
