"""dj-stripe's tables as a mirror of what Stripe has, filled from data that is already here.

dj-stripe resolves the owner of every object through a row that holds the secret key, and fetches
whatever it does not find. Both are avoided: the row holds a label in a key's shape instead of
the key, and references to objects that are not mirrored are left out. Who paid is left out too:
staff find that at the order, and an erasure has nothing to look for here.
"""

from collections.abc import Mapping
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from djstripe import models

from apps.payments.adapters import stripe_gateway
from apps.payments.adapters.stripe_client import find, make_client
from apps.payments.rules.personal import without_person
from bakery.kernel.locks import advisory_lock

# dj-stripe accepts only this shape; it opens nothing anywhere.
_LABEL = "sk_{mode}_NotASecretOnlyALabelOfTheMirror"
_REFERENCES = ("customer", "payment_method", "invoice", "setup_intent", "subscription", "source",
               "on_behalf_of", "latest_charge", "review", "transfer", "default_source")  # fmt: skip

_LINKS = {
    "charge": models.Charge,
    "payment_intent": models.PaymentIntent,
    "balance_transaction": models.BalanceTransaction,
    "failure_balance_transaction": models.BalanceTransaction,
}


def copy_session(raw: Mapping[str, Any]) -> None:
    """Copy a session, and the payment expanded in it, into the mirror; newer data replaces older.

    Raises `Unavailable` when the account has to be asked for and Stripe does not answer.
    """
    intent = _expanded(raw.get("payment_intent"))
    charge = _expanded(intent.get("latest_charge"))
    _copy(
        (models.PaymentIntent, intent),
        (models.BalanceTransaction, _expanded(charge.get("balance_transaction"))),
        (models.Charge, charge),
        (models.Session, raw),
    )


def copy_refund(raw: Mapping[str, Any]) -> None:
    """Copy a refund with its balance transactions and its charge; else as `copy_session`."""
    charge = _expanded(raw.get("charge"))
    _copy(
        (models.BalanceTransaction, _expanded(charge.get("balance_transaction"))),
        (models.Charge, charge),
        (models.BalanceTransaction, _expanded(raw.get("balance_transaction"))),
        (models.BalanceTransaction, _expanded(raw.get("failure_balance_transaction"))),
        (models.Refund, raw),
    )


def copy_dispute(raw: Mapping[str, Any]) -> None:
    """Copy a dispute with its charge and what it moved; else as `copy_session`."""
    charge = _expanded(raw.get("charge"))
    moved = [(models.BalanceTransaction, row) for row in raw.get("balance_transactions") or []]
    _copy(
        (models.BalanceTransaction, _expanded(charge.get("balance_transaction"))),
        (models.Charge, charge),
        *moved,
        (models.Dispute, raw),
    )


def load_refund(stripe_id: str) -> None:
    """Fetch a refund and copy it; one that Stripe does not know is passed over."""
    wanted = ["balance_transaction", "failure_balance_transaction", "charge.balance_transaction"]
    refund = find(
        lambda: make_client().v1.refunds.retrieve(stripe_id, params={"expand": wanted}).to_dict()
    )
    if refund is not None:
        copy_refund(refund)


def load_dispute(stripe_id: str) -> None:
    """Fetch a dispute and copy it; one that Stripe does not know is passed over."""
    wanted = ["charge.balance_transaction"]
    dispute = find(
        lambda: make_client().v1.disputes.retrieve(stripe_id, params={"expand": wanted}).to_dict()
    )
    if dispute is not None:
        copy_dispute(dispute)


def _copy(*objects: tuple[Any, Mapping[str, Any]]) -> None:
    """Copy each before what refers to it, so that dj-stripe finds it and asks nobody."""
    owner = models.Account.objects.first() or _load_account()
    label = _LABEL.format(mode="live" if settings.STRIPE_LIVE_MODE else "test")
    with transaction.atomic():
        advisory_lock("stripe-mirror")
        _ensure_label(label, owner)
        for model, data in objects:
            if data.get("id") and data.get("object"):
                model.sync_from_stripe_data(_flatten(without_person(data)), api_key=label)


def _expanded(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _flatten(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` with ids for expanded objects and without references that are not kept."""
    flat = {name: value for name, value in data.items() if name not in _REFERENCES}
    for name in _LINKS:
        value = flat.get(name)
        if isinstance(value, Mapping):
            flat[name] = value["id"]
        if flat.get(name) and not _is_mirrored(name, flat[name]):
            flat[name] = None
    flat.pop("refunds", None)
    return flat


def _is_mirrored(name: str, key: str) -> bool:
    return bool(_LINKS[name].objects.filter(id=key).exists())


def _load_account() -> Any:
    account = stripe_gateway.fetch_account()
    owner, _ = models.Account.objects.get_or_create(
        id=account["id"],
        defaults={"stripe_data": account, "livemode": settings.STRIPE_LIVE_MODE},
    )
    return owner


def _ensure_label(label: str, owner: Any) -> None:
    models.APIKey.objects.get_or_create(
        secret=label,
        defaults={
            "type": "secret",
            "name": "label of the mirror, not a key",
            "livemode": settings.STRIPE_LIVE_MODE,
            "djstripe_owner_account": owner,
        },
    )


def limit_global_client() -> None:
    """Give the SDK's global client, which dj-stripe uses, timeouts that end before a lease does."""
    stripe.default_http_client = stripe.RequestsClient(timeout=settings.STRIPE_TIMEOUT_SECONDS)
    stripe.max_network_retries = 0
