"""Who may do what, and how an account's values are written. Pure: no database, no clock."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

CUSTOMER = "customer"
CASHIER = "cashier"
KITCHEN = "kitchen"
DECORATOR = "decorator"
MANAGER = "manager"
ADMINISTRATOR = "administrator"
STAFF_ROLES = (CASHIER, KITCHEN, DECORATOR, MANAGER, ADMINISTRATOR)
ROLES = (CUSTOMER, *STAFF_ROLES)

MAILBOX_LIFETIMES: Mapping[str, timedelta] = MappingProxyType(
    {"verify_mailbox": timedelta(days=2), "reset_password": timedelta(hours=1)}
)
RECOVERY_CODES = 10
# Crockford's alphabet: nothing in it is mistaken for something else on paper.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _see(app: str, *models: str) -> tuple[str, ...]:
    return tuple(f"{app}.view_{model}" for model in models)


def _edit(app: str, *models: str) -> tuple[str, ...]:
    return tuple(f"{app}.{verb}_{model}" for model in models for verb in ("view", "add", "change"))


_SHELVES = (
    *_see("catalog", "category", "product", "variant"),
    *_see("inventory", "stock", "datedstock", "slot", "weekplan"),
)
_ORDERS = _see("orders", "order", "orderline")
_COUNTER = (
    *_SHELVES,
    *_ORDERS,
    "orders.operate_order",
    "orders.take_order",
    "orders.take_payment",
    "orders.edit_order",
    "orders.print_tickets",
    *_see("notifications", "inboundtext"),
    *_see("orders", "ticketprint"),
    "inventory.mark_sold_out",
    "inventory.log_waste",
)
_KITCHEN = (
    *_COUNTER,
    "orders.work_board",
    *_see("orders", "station"),
    "orders.plan_bakes",
    *_see("orders", "mixer"),
    *_see("notifications", "alert"),
    "notifications.acknowledge_alert",
    *_see("inventory", "lot"),
    "inventory.record_lot",
)
_DECORATOR = (
    *_KITCHEN,
    *_see("custom_cakes", "cakerequest", "cakeoption"),
    "custom_cakes.decide_cakerequest",
    *_see("pricing", "prediction"),
)
_MANAGER = (
    *_DECORATOR,
    *_edit("custom_cakes", "cakeoption"),
    "custom_cakes.price_below_floor",
    *_see("pricing", "decision", "modelversion", "pricerates", "labourrecord"),
    "pricing.change_rates",
    "pricing.manage_models",
    *_see("descriptions", "draft"),
    "descriptions.publish_draft",
    *_edit("catalog", "category", "product", "variant"),
    "catalog.import_products",
    *_edit("catalog", "ingredient", "recipe"),
    *_see("catalog", "costedsize", "ingredientprice", "withdrawnclaim"),
    "catalog.change_costedsize",
    "catalog.change_withdrawnclaim",
    *_see("catalog", "servingsdecision"),
    *_see("catalog", "picture"),
    *_see("inventory", "stockmove", "datedstockmove", "hold", "reservation"),
    *_edit("inventory", "slot"),
    *_edit("orders", "station"),
    *_edit("loyalty", "promotion", "coupon"),
    *_see("loyalty", "redemption"),
    *_see("loyalty", "pointsaccount", "giftcard", "referral"),
    "loyalty.adjust_points",
    "loyalty.block_gift_card",
    "loyalty.issue_gift_card",
    "loyalty.review_referral",
    *_see("payments", "payment", "checkoutattempt", "refundrequest", "refund", "stripeevent"),
    *_see("payments", "dispute", "fraudwarning"),
    *_see("djstripe", "session", "paymentintent", "charge", "balancetransaction"),
    *_see("djstripe", "refund", "dispute"),
    "payments.answer_dispute",
    "payments.give_back_by_hand",
    *_see("receipts", "document"),
    *_see("books", "journal", "difference", "reconciliation"),
    *_see("recovery", "recoveryattempt"),
    "recovery.manage_recovery",
    *_see("notifications", "message", "alert"),
    *_see("notifications", "contact"),
    "notifications.withdraw_consent",
    *_edit("notifications", "alertcontact"),
    *_see("accounts", "user"),
    "notifications.resend_message",
    *_see("inventory", "lotuse", "lotdraw", "wasteentry", "till", "tilldelta"),
    "inventory.adjust_stock",
    "inventory.recall_lot",
    "inventory.resolve_till",
    "orders.cancel_order",
    "orders.hand_over_unproved",
    *_see("orders", "handover"),
    *_edit("orders", "mixer", "recipemixer"),
    "orders.delete_recipemixer",
    "orders.manage_waitlist",
    *_see("orders", "waitentry"),
    *_edit("orders", "deliveryzone", "depositrule"),
    "orders.view_sales",
    "notifications.resend_message",
    "payments.request_refund",
)
_ADMINISTRATOR = (
    *_MANAGER,
    *_see("kernel", "auditentry", "outboxmessage", "attempt", "taskrun"),
    "kernel.replay_outbox",
    "kernel.discard_outbox",
    "kernel.run_schedule",
    *_see("auth", "group"),
    "accounts.change_user",
    "accounts.manage_staff",
    "accounts.anonymise_user",
    "payments.approve_refund",
    "receipts.view_erased",
    "books.export_books",
    "books.explain_difference",
)
ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        CUSTOMER: frozenset(),
        # Codes of coupons are as good as money: who sells sees offers and what was used.
        CASHIER: frozenset(
            (
                *_COUNTER,
                *_see("loyalty", "promotion", "redemption"),
                "payments.request_refund",
                *_see("receipts", "document"),
            )
        ),
        KITCHEN: frozenset(_KITCHEN),
        DECORATOR: frozenset(_DECORATOR),
        MANAGER: frozenset(_MANAGER),
        ADMINISTRATOR: frozenset(_ADMINISTRATOR),
    }
)


def unknown_roles(names: Iterable[str]) -> list[str]:
    """Return the names that are no roles of ours."""
    return sorted(set(names) - set(ROLES))


def is_staff(roles: Iterable[str]) -> bool:
    """Tell whether somebody with these roles works here."""
    return any(role in STAFF_ROLES for role in roles)


def normal_address(email: str) -> str:
    """Return ``email`` as it is stored and compared: trimmed, in lower case."""
    return email.strip().lower()


def digest(secret: str) -> str:
    """Return what is stored of a random secret (token, recovery code).

    A plain SHA-256 is enough because the secrets are random: at least 80 bits.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """Return 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def new_recovery_code() -> str:
    """Return a recovery code for paper: 16 characters of 5 bits, in groups of four."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def normal_code(code: str) -> str:
    """Return a typed code without spaces, dashes and capitals, misread letters put right."""
    text = "".join(char for char in code.lower() if char.isalnum())
    return text.translate(str.maketrans("oil", "011"))


def is_totp_shaped(code: str) -> bool:
    """Tell whether ``code`` can be a six-digit one-time code."""
    return len(code) == 6 and code.isascii() and code.isdigit()
