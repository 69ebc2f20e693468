"""Giving and taking back: what holds between an address and a topic, and the proof of it.

Whoever changes what an account said as well does that first: users are locked before contacts.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.notifications import rules
from apps.notifications.models import Contact, InboundText, Subscription, SubscriptionRecord
from apps.notifications.rules.consent import CHOICES, is_offered, span_of
from apps.notifications.services.consent import ERASED, stand_in, written_as
from apps.notifications.services.opting import ask_by_mail, ask_by_text
from apps.notifications.states import Channel, SubscriptionState
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one, locked


def contact_of(
    *, channel: str, address: str, at: datetime, language: str = "", first_language: str = "en"
) -> Contact:
    """Return the contact of an address, new when there is none; one that was erased is the same.

    A step of the caller's transaction, which holds its row afterwards. ``language`` is written
    when it is given; ``first_language`` only to a new contact.
    """
    plain, erased = written_as(channel, address)
    found = list(locked(Contact.objects.filter(channel=channel, address__in=(plain, erased)))[:1])
    if not found:
        # Two at once: the second one waits for the first and then finds its row.
        row, _ = Contact.objects.get_or_create(
            channel=channel,
            address=plain,
            defaults={"created_at": at, "language": language or first_language},
        )
        return lock_one(Contact.objects.filter(pk=row.pk), what="contact")
    contact = found[0]
    # Who was erased and is back: what was refused then is still refused.
    if contact.address != plain or language not in {"", contact.language}:
        contact.address, contact.language = plain, language or contact.language
        contact.save(update_fields=["address", "language"])
    return contact


def subscribe(
    *,
    channel: str,
    address: str,
    topic: str,
    source: str,
    wording: str,
    at: datetime,
    language: str = "",
    proved: bool = False,
    expires_at: datetime | None = None,
) -> Subscription:
    """Note that somebody asked for messages about ``topic``; return what holds now.

    ``proved`` says that it was the mailbox's owner: signed in, or through a link mailed there.
    Anybody else's mailbox gets a mail to confirm, and every number a text to answer with YES, at
    most one a day; until then it is ``pending`` and nothing is sent. What is confirmed already
    stays so. ``wording`` is what the person read, kept as evidence. Raises `Invalid` with the
    codes ``not_optional`` or ``bad_contact``.
    """
    _require_sendable(channel, address)
    if not is_offered(channel, topic):
        raise Invalid("not_optional", "This cannot be switched on or off.")
    with transaction.atomic():
        contact = contact_of(channel=channel, address=address, at=at, language=language)
        held = _held(contact, topic)
        if held is not None and held.state == SubscriptionState.CONFIRMED and not _over(held, at):
            return held
        is_sure = proved and channel == Channel.EMAIL
        state = SubscriptionState.CONFIRMED if is_sure else SubscriptionState.PENDING
        proof = {"source": source, "wording": wording}
        held = _decide(contact, topic, state=state, at=at, expires_at=expires_at, **proof)
        if not is_sure:
            _ask(contact, topic, at=at)
    return held


def _ask(contact: Contact, topic: str, *, at: datetime) -> None:
    if contact.channel == Channel.EMAIL:
        ask_by_mail(contact=contact, topic=topic, at=at)
    elif contact.stopped_at is None:
        ask_by_text(contact=contact, topic=topic, at=at)


def _require_sendable(channel: str, address: str) -> None:
    if channel == Channel.SMS and not rules.is_phone(address):
        raise Invalid("bad_contact", "A phone number is written like +14165550123.")
    if not address.strip() or address.startswith(ERASED) or len(address) > 254:
        raise Invalid("bad_contact", "There is no such address.")


def _held(contact: Contact, topic: str) -> Subscription | None:
    return Subscription.objects.filter(contact=contact, topic=topic).first()


def _over(held: Subscription, at: datetime) -> bool:
    return held.expires_at is not None and held.expires_at <= at


def _decide(
    contact: Contact,
    topic: str,
    *,
    state: SubscriptionState,
    source: str,
    at: datetime,
    wording: str = "",
    expires_at: datetime | None = None,
) -> Subscription:
    """Write what holds and, for ever, that it was decided; ``contact`` is locked."""
    held, _ = Subscription.objects.update_or_create(
        contact=contact,
        topic=topic,
        defaults={"state": state, "changed_at": at, "expires_at": expires_at},
    )
    SubscriptionRecord.objects.create(
        contact_id=contact.pk,
        topic=topic,
        state=state,
        source=source[:40],
        wording=wording[:500],
        at=at,
    )
    return held


def confirm(*, contact_id: int, topic: str, source: str, at: datetime) -> bool:
    """Turn what waits for it into a consent; False when nothing does (any more)."""
    with transaction.atomic():
        contact = lock_one(Contact.objects.filter(pk=contact_id), what="contact")
        return _confirm(contact, topic, source=source, at=at)


def _confirm(contact: Contact, topic: str, *, source: str, at: datetime) -> bool:
    held = _held(contact, topic)
    limit = at - span_of("confirm_within", on=clock.shop_date(at))
    if held is None or held.state != SubscriptionState.PENDING or held.changed_at < limit:
        return False
    asked = (
        SubscriptionRecord.objects.filter(contact_id=contact.pk, topic=topic)
        .order_by("-pk")
        .values_list("wording", flat=True)
        .first()
    )
    _decide(
        contact,
        topic,
        state=SubscriptionState.CONFIRMED,
        source=source,
        wording=asked or "",
        at=at,
        expires_at=held.expires_at,
    )
    return True


def confirm_all(contact: Contact, *, source: str, at: datetime) -> list[str]:
    """Confirm whatever waits for it; ``contact`` is locked by the caller. Returns the topics."""
    return [
        topic
        for topic in CHOICES.get(contact.channel, ())
        if _confirm(contact, topic, source=source, at=at)
    ]


def withdraw(
    *, channel: str, address: str, topic: str, source: str, at: datetime, wording: str = ""
) -> bool:
    """Note that somebody wants no more about ``topic``; False when that held already.

    Holds at once, also for what is queued. Raises `Invalid` ``not_optional`` or ``bad_contact``.
    """
    _require_sendable(channel, address)
    if not is_offered(channel, topic):
        raise Invalid("not_optional", "This cannot be switched on or off.")
    with transaction.atomic():
        contact = contact_of(channel=channel, address=address, at=at)
        return take_back(contact, topic, source=source, at=at, wording=wording)


def take_back(
    contact: Contact, topic: str, *, source: str, at: datetime, wording: str = ""
) -> bool:
    """Do what `withdraw` does to a contact that the caller has locked."""
    held = _held(contact, topic)
    if held is not None and held.state == SubscriptionState.WITHDRAWN:
        return False
    _decide(
        contact,
        topic,
        state=SubscriptionState.WITHDRAWN,
        source=source,
        wording=wording,
        at=at,
    )
    return True


def stop(*, phone: str, source: str, at: datetime) -> bool:
    """Let no text go to a number any more; False when none did already.

    Whatever it had agreed to is withdrawn with it and does not come back with a START.
    """
    with transaction.atomic():
        contact = contact_of(channel=Channel.SMS, address=phone, at=at)
        for held in Subscription.objects.filter(contact=contact).exclude(
            state=SubscriptionState.WITHDRAWN
        ):
            take_back(contact, held.topic, source=source, at=at)
        if contact.stopped_at is not None:
            return False
        contact.stopped_at = at
        contact.save(update_fields=["stopped_at"])
    return True


def start(*, phone: str, at: datetime) -> Contact:
    """Let texts about orders go to a number again; returns its contact, locked.

    A step of the caller's transaction.
    """
    contact = contact_of(channel=Channel.SMS, address=phone, at=at)
    if contact.stopped_at is not None:
        contact.stopped_at = None
        contact.save(update_fields=["stopped_at"])
    return contact


def suppress(*, address: str, reason: str, at: datetime) -> bool:
    """Send no mail to a mailbox any more: it does not exist, or called ours spam.

    ``reason`` is a provider's word of at most 60 characters. False when that held already.
    """
    with transaction.atomic():
        contact = contact_of(channel=Channel.EMAIL, address=address, at=at)
        if contact.suppressed_at is not None:
            return False
        contact.suppressed_at, contact.suppressed_reason = at, reason[:60]
        contact.save(update_fields=["suppressed_at", "suppressed_reason"])
    return True


def lift_suppression(*, contact_id: int, actor: str, reason: str, at: datetime) -> Contact:
    """Let mails go to a mailbox again that works again; in the audit trail.

    Raises `Conflict` ``not_suppressed``.
    """
    with transaction.atomic():
        contact = lock_one(Contact.objects.filter(pk=contact_id), what="contact")
        if contact.suppressed_at is None:
            raise Conflict("not_suppressed", "Mails go to this mailbox.")
        before = contact.suppressed_reason
        contact.suppressed_at, contact.suppressed_reason = None, ""
        contact.save(update_fields=["suppressed_at", "suppressed_reason"])
        audit.record(
            actor=actor,
            action="notifications.lift_suppression",
            object_type="notifications.contact",
            object_id=contact.pk,
            changes={"suppressed": [before, ""]},
            reason=reason,
            at=at,
        )
    return contact


def forget_contacts(*, addresses: list[str]) -> int:
    """Replace addresses by keyed hashes, so that what they refused is still refused.

    A contact that refused nothing goes altogether, as do the words of texts from it. Returns how
    many contacts there were. A step of the caller's transaction.
    """
    plain = {x for text in addresses if text for x in (text, text.strip().lower())}
    InboundText.objects.filter(sender__in=plain).update(sender="erased", body="")
    rows = list(locked(Contact.objects.filter(address__in=plain)))
    for contact in rows:
        refused = Q(contact=contact, state=SubscriptionState.WITHDRAWN)
        Subscription.objects.filter(contact=contact).exclude(refused).delete()
        kept = contact.stopped_at or contact.suppressed_at
        if kept or Subscription.objects.filter(contact=contact).exists():
            contact.address = stand_in(contact.channel, contact.address)
            contact.save(update_fields=["address"])
        else:
            contact.delete()
    return len(rows)
