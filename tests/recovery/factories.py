"""Carts that were left, and people who agreed to be reminded."""

from datetime import timedelta
from decimal import Decimal

from apps.accounts.models import User
from apps.notifications.models import Contact, Message, Subscription
from apps.notifications.states import Channel, SubscriptionState, Topic
from apps.orders import services as orders
from apps.orders.models import Cart
from apps.recovery import services
from apps.recovery.models import CartContact, RecoveryAttempt, RecoveryPolicy, RecoveryRule
from tests.orders.factories import AT, fill_cart, make_slot, make_variant

MAILBOX, PHONE = "ada@example.com", "+14165550123"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = {
    "is_on": True,
    "holdout_percent": Decimal(0),
    "longest_hours": 72,
    "gap_hours": 12,
    "person_hours": 48,
    "text_hours": 48,
    "attribution_days": 7,
    "coupon_days": 30,
    "link_days": 30,
    "fewest_carts": 5,
}


def hold(**policy) -> RecoveryPolicy:
    """Let the seeded rules hold, with these limits: by default nobody is held out."""
    row = RecoveryPolicy.objects.create(valid_from=AT - 90 * DAY, **{**POLICY, **policy})
    for step, minutes, channel, words in (
        (1, 60, "text", "cart_left"),
        (2, 24 * 60, "mail", "cart_last_call"),
    ):
        RecoveryRule.objects.create(
            step=step,
            valid_from=AT - 90 * DAY,
            delay_minutes=minutes,
            channel=channel,
            wording=words,
        )
    return row


def agree(address=MAILBOX, *, state=SubscriptionState.CONFIRMED) -> Contact:
    """Let reminders go to a mailbox or a number."""
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    contact, _ = Contact.objects.get_or_create(
        channel=channel, address=address, defaults={"created_at": AT}
    )
    Subscription.objects.update_or_create(
        contact=contact, topic=Topic.CART, defaults={"state": state, "changed_at": AT}
    )
    return contact


def make_customer(email=MAILBOX, **columns) -> User:
    """Return a customer whose mailbox is proved."""
    return User.objects.create_user(email, email_verified_at=AT, **columns)


def leave(lines=None, *, email=MAILBOX, phone="", language="en", at=AT, willing=True) -> Cart:
    """Return a guest's cart that was last touched at ``at``; a slot is there to pick it up."""
    make_slot()
    cart = fill_cart(lines or [(make_variant(), 2, "")], at=at)
    CartContact.objects.create(
        cart=cart, email=email, phone=phone, language=language, changed_at=at
    )
    for address in (email, phone) if willing else ():
        if address:
            agree(address)
    return cart


def leave_account(user, lines=None, *, at=AT, willing=True) -> Cart:
    """Return an account's cart that was last touched at ``at``."""
    make_slot()
    cart = orders.open_account_cart(user_id=user.pk, at=at)
    for variant, quantity, message in lines or [(make_variant(), 2, "")]:
        orders.put_line(
            cart_id=cart.pk,
            variant_id=variant.pk,
            quantity=quantity,
            message=message,
            at=at,
            user_id=user.pk,
        )
    if willing:
        agree(user.email)
    return cart


def remind(cart=None, *, at=AT + HOUR, **options) -> RecoveryAttempt:
    """Return the attempt that is planned for a cart an hour after it was left."""
    cart = cart or leave(**options)
    services.plan_reminders(at=at)
    return RecoveryAttempt.objects.filter(cart_id=cart.pk).latest("pk")


def judged(attempt, *, at=AT + HOUR) -> str:
    """Return why an attempt's message would not be sent."""
    return services.outdated_reminder(message_id=attempt.message_id, at=at)


def messages() -> list[Message]:
    """Return reminders in the order in which they were written."""
    return list(Message.objects.filter(topic=Topic.CART, kind__in=services.KINDS).order_by("pk"))
