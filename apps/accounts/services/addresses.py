"""The address book of an account."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.accounts.models import Address, User
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.postal import clean_address

MAX_ADDRESSES = 20
MAX_LABEL = 60
_PARTS = (
    "recipient", "line1", "line2", "city", "region", "postcode", "country", "instructions",
)  # fmt: skip


def add_address(
    *,
    user_id: int,
    parts: Mapping[str, str],
    at: datetime,
    label: str = "",
    phone: str = "",
    is_default: bool = False,
) -> Address:
    """Write an address of ``parts`` into the book; the first one is the default.

    ``phone`` is E.164 or empty. Raises `Conflict` ``too_many_addresses``, `Invalid` as
    `clean_address`, and ``bad_label``.
    """
    texts, label = clean_address(parts), _clean_label(label)
    with transaction.atomic():
        # Whoever writes to the book holds its owner's row, so that the count and the one default
        # are true when they are written.
        lock_one(User.objects.filter(pk=user_id), what="user")
        count = Address.objects.filter(user_id=user_id).count()
        if count >= MAX_ADDRESSES:
            raise Conflict(
                "too_many_addresses",
                f"An address book has room for {MAX_ADDRESSES}. Remove one first.",
            )
        is_default = is_default or count == 0
        if is_default:
            _clear_default(user_id)
        return Address.objects.create(
            user_id=user_id,
            label=label,
            phone=phone,
            is_default=is_default,
            created_at=at,
            updated_at=at,
            **texts,
        )


def change_address(
    *, user_id: int, address_id: int, changes: Mapping[str, str | bool], at: datetime
) -> Address:
    """Write those of an address's parts, ``label``, ``phone`` and ``is_default`` that are named.

    ``is_default`` moves here from another address, and is given up by naming another one only.
    Raises `NotFound` ``address_not_found`` for somebody else's, and as `add_address`.
    """
    with transaction.atomic():
        lock_one(User.objects.filter(pk=user_id), what="user")
        row = lock_one(Address.objects.filter(pk=address_id, user_id=user_id), what="address")
        now = {name: getattr(row, name) for name in _PARTS}
        texts = clean_address({**now, **{k: str(v) for k, v in changes.items() if k in _PARTS}})
        for name, text in texts.items():
            setattr(row, name, text)
        if "label" in changes:
            row.label = _clean_label(str(changes["label"]))
        if "phone" in changes:
            row.phone = str(changes["phone"])
        if changes.get("is_default") and not row.is_default:
            _clear_default(user_id)
            row.is_default = True
        row.updated_at = at
        row.save()
    return row


def remove_address(*, user_id: int, address_id: int) -> None:
    """Take an address out of the book; orders keep their copy.

    The oldest that is left becomes the default when this one was. Raises `NotFound`
    ``address_not_found``.
    """
    with transaction.atomic():
        lock_one(User.objects.filter(pk=user_id), what="user")
        row = lock_one(Address.objects.filter(pk=address_id, user_id=user_id), what="address")
        row.delete()
        if row.is_default:
            following = Address.objects.filter(user_id=user_id).order_by("pk").first()
            if following is not None:
                Address.objects.filter(pk=following.pk).update(is_default=True)


def _clear_default(user_id: int) -> None:
    Address.objects.filter(user_id=user_id, is_default=True).update(is_default=False)


def _clean_label(text: str) -> str:
    label = " ".join(text.split())
    if len(label) > MAX_LABEL or not label.isprintable():
        raise Invalid(
            "bad_label", f"Name it in up to {MAX_LABEL} characters.", details={"field": "label"}
        )
    return label
