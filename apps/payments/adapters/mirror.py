"""dj-stripe's tables as a mirror of what Stripe has, filled from data that is already here.

dj-stripe resolves the owner of every object through a row that holds the secret key, and fetches
whatever it does not find. Both are avoided: the row holds a label in a key's shape instead of
the key, and references to objects that are not mirrored are left out.
"""

from collections.abc import Mapping
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from djstripe import models

from apps.payments.adapters import stripe_gateway
from bakery.kernel.locks import advisory_lock

# dj-stripe accepts only this shape; it opens nothing anywhere.
_LABEL = "sk_{mode}_NotASecretOnlyALabelOfTheMirror"
_REFERENCES = ("customer", "payment_method", "invoice", "setup_intent", "subscription", "source",
               "on_behalf_of", "latest_charge", "review", "transfer", "default_source")  # fmt: skip


def copy_session(raw: Mapping[str, Any]) -> None:
    """Copy a session, and the payment expanded in it, into the mirror; newer data replaces older.

    Raises `Unavailable` when the account has to be asked for and Stripe does not answer.
    """
    owner = models.Account.objects.first() or _load_account()
    label = _LABEL.format(mode="live" if settings.STRIPE_LIVE_MODE else "test")
    intent = raw.get("payment_intent") or {}
    charge = intent.get("latest_charge") or {} if isinstance(intent, dict) else {}
    balance = charge.get("balance_transaction") or {} if isinstance(charge, dict) else {}
    with transaction.atomic():
        advisory_lock("stripe-mirror")
        _ensure_label(label, owner)
        # Each before what refers to it, so that dj-stripe finds it and asks nobody.
        for model, data in (
            (models.PaymentIntent, intent),
            (models.BalanceTransaction, balance),
            (models.Charge, charge),
            (models.Session, raw),
        ):
            if isinstance(data, Mapping) and data.get("id"):
                model.sync_from_stripe_data(_flatten(data), api_key=label)


def _flatten(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` with ids for expanded objects and without references that are not kept."""
    flat = {name: value for name, value in data.items() if name not in _REFERENCES}
    for name in ("payment_intent", "balance_transaction"):
        value = flat.get(name)
        if isinstance(value, dict):
            flat[name] = value["id"]
    flat.pop("refunds", None)
    return flat


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
