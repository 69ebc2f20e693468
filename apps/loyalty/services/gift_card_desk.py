"""Gift cards as staff handle them: issued, blocked, freed."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.loyalty.models import GiftCard, GiftCardMove
from apps.loyalty.rules.gift_codes import digest_of, gift_code, grouped
from apps.loyalty.selectors.gift_cards import code_key
from apps.loyalty.states import CARD_LIFE, CardMoveKind, CardState
from apps.notifications import services as notifications
from bakery.kernel import audit, clock, wording
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one
from bakery.kernel.money import display, to_minor
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.states import transition

MAIL = "loyalty/mail/gift_card"
_LATEST_YEAR = 2100


def issue_gift_card(
    *,
    amount: Decimal,
    ref: str,
    actor: str,
    at: datetime,
    note: str = "",
    user_id: int | None = None,
    recipient_email: str = "",
    greeting: str = "",
    expires_at: datetime | None = None,
) -> GiftCard:
    """Issue a card, or store credit of the account ``user_id``; `code_of` tells its code.

    With ``recipient_email`` the code is mailed. ``ref`` identifies the issue: given again with
    the same amount it returns the same card, with another one it raises `Conflict`
    ``ref_reused``. Raises `Invalid` (``bad_amount``, ``bad_address``, ``bad_expiry``) and
    `NotFound` ``user_not_found``.
    """
    _check(amount, recipient_email, expires_at, at=at)
    user = accounts.user(user_id) if user_id is not None else None
    if user_id is not None and (user is None or not user.is_active):
        raise NotFound("user_not_found", "There is no such account.")
    card = GiftCard(
        ref=ref,
        initial=amount,
        balance=amount,
        currency=settings.SHOP_CURRENCY,
        user_id=user_id,
        recipient_email=recipient_email,
        greeting=greeting[:300],
        note=note[:300],
        issued_by=actor[:200],
        issued_at=at,
        expires_at=expires_at,
    )
    code = gift_code(card.public_id, key=code_key())
    card.digest, card.last4 = digest_of(code, key=code_key()), code[-4:]
    return _keep(card)


def end_of_card(*, last_day: date | None) -> datetime | None:
    """Return when a card ends that can be used until the end of ``last_day``; None never ends.

    Raises `Invalid` ``bad_expiry`` for a year that nobody means.
    """
    if last_day is None:
        return None
    if last_day.year > _LATEST_YEAR:
        raise Invalid(
            "bad_expiry", f"A year up to {_LATEST_YEAR}.", details={"field": "expires_on"}
        )
    return clock.start_of_shop_day(last_day + timedelta(days=1))


def code_of(*, card: GiftCard) -> str:
    """Return a card's code as people read it; raise `Conflict` ``code_lost`` under a new key."""
    code = gift_code(card.public_id, key=code_key())
    if digest_of(code, key=code_key()) != card.digest:
        raise Conflict("code_lost", "The key changed since: this code cannot be told any more.")
    return grouped(code)


def mail_secrets(*, context: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return what a gift card's mail says beyond what is stored of it: the code."""
    del at
    card = GiftCard.objects.get(pk=context["card_id"])
    return {"code": code_of(card=card)}


def block_gift_card(*, card_id: int, actor: str, reason: str, at: datetime) -> GiftCard:
    """Let a card pay no more, for one that was lost or stolen; its money stays on it.

    Raises `NotFound`, `Invalid` ``reason_required`` and `Conflict` ``illegal_transition``.
    """
    return _move(card_id, CardState.BLOCKED, "block_gift_card", actor, reason, at=at)


def unblock_gift_card(*, card_id: int, actor: str, reason: str, at: datetime) -> GiftCard:
    """Let a blocked card pay again; raises as `block_gift_card`."""
    return _move(card_id, CardState.ACTIVE, "unblock_gift_card", actor, reason, at=at)


def _check(
    amount: Decimal, recipient_email: str, expires_at: datetime | None, *, at: datetime
) -> None:
    if not amount.is_finite() or not 0 < amount <= settings.GIFT_CARD_MAX:
        most = display(settings.GIFT_CARD_MAX, settings.SHOP_CURRENCY)
        raise Invalid(
            "bad_amount",
            f"An amount above nothing and up to {most}.",
            details={"field": "amount"},
        )
    try:
        to_minor(amount, settings.SHOP_CURRENCY)
    except Invalid as error:
        raise Invalid("bad_amount", error.message, details={"field": "amount"}) from error
    if recipient_email:
        try:
            validate_email(recipient_email)
        except ValidationError as error:
            raise Invalid(
                "bad_address",
                "That is not an e-mail address.",
                details={"field": "recipient_email"},
            ) from error
    if expires_at is not None and expires_at <= at:
        raise Invalid(
            "bad_expiry", "A card ends in the future or never.", details={"field": "expires_on"}
        )


def _keep(card: GiftCard) -> GiftCard:
    """Write a new card with its first move, mail and audit entry, or return the one it repeats."""
    actor, at = card.issued_by, card.issued_at
    with transaction.atomic():
        if not insert_unless_taken(card):
            return _issued_before(card.ref, card.initial)
        GiftCardMove.objects.create(
            card=card,
            kind=CardMoveKind.ISSUE,
            delta=card.initial,
            ref=card.ref,
            actor=actor,
            at=at,
        )
        if card.recipient_email:
            _mail(card, at=at)
        changes: dict[str, list[str | None]] = {"initial": [None, str(card.initial)]}
        _audit(card, "issue_gift_card", changes, actor, card.note, at=at)
    return card


def _issued_before(ref: str, amount: Decimal) -> GiftCard:
    card = GiftCard.objects.filter(ref=ref).first()
    if card is None or card.initial != amount:
        raise Conflict("ref_reused", "This form was used for another card. Open it again.")
    return card


def _mail(card: GiftCard, *, at: datetime) -> None:
    known = accounts.owners_of(email=card.recipient_email)
    language = wording.language_of(*(user.language for user in known))
    end = card.expires_at
    last = clock.shop_date(end - timedelta(microseconds=1)) if end else None
    notifications.send_mail(
        template=MAIL,
        to=card.recipient_email,
        context={
            "card_id": card.pk,
            "amount": wording.amount_text(card.initial, card.currency, language),
            "greeting": card.greeting,
            "expires_on": wording.day_text(last, language) if last else "",
        },
        language=language,
        dedupe_key=f"gift-card:{card.pk}",
        at=at,
    )


def _move(
    card_id: int, to: CardState, action: str, actor: str, reason: str, *, at: datetime
) -> GiftCard:
    if not reason.strip():
        raise Invalid("reason_required", "Say why.", details={"field": "reason"})
    with transaction.atomic():
        card = lock_one(GiftCard.objects.filter(pk=card_id), what="gift_card")
        old = card.state
        transition(card, machine=CARD_LIFE, to=to, actor=actor, at=at)
        _audit(card, action, {"state": [old, to.value]}, actor, reason, at=at)
    return card


def _audit(
    card: GiftCard,
    action: str,
    changes: dict[str, list[str | None]],
    actor: str,
    reason: str,
    *,
    at: datetime,
) -> None:
    audit.record(
        actor=actor,
        action=f"loyalty.{action}",
        object_type="loyalty.giftcard",
        object_id=card.pk,
        changes=changes,
        reason=reason,
        at=at,
    )
