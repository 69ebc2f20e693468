"""dj-stripe's copies of what Stripe has, in the console: to look at, never to act on."""

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from djstripe import models

from bakery.edge.readonly import ReadOnlyAdmin

MIRRORED: tuple[type[Model], ...] = (
    models.Session,
    models.PaymentIntent,
    models.Charge,
    models.Refund,
    models.Dispute,
    models.BalanceTransaction,
)


class MirrorAdmin(ReadOnlyAdmin):
    """Newest first, by Stripe's ids; a page shows the object as Stripe gave it, but for who paid.

    dj-stripe's own pages are not used: their buttons act on Stripe, past approval and the books.
    """

    list_display = ("id", "created", "livemode", "metadata")
    search_fields = ("=id",)
    search_help_text = "Stripe's id, whole"
    ordering = ("-created",)
    fields = readonly_fields = ("id", "created", "livemode", "djstripe_updated", "as_stripe_has_it")
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the whole object out of lists."""
        rows: Any = super().get_queryset(request)
        match = request.resolver_match
        in_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("stripe_data") if in_list else rows

    @admin.display(description="object")
    def as_stripe_has_it(self, row: Any) -> SafeString:
        """Show the object as text."""
        return format_html("<pre>{}</pre>", json.dumps(row.stripe_data, indent=2, sort_keys=True))


for _model in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
for _model in MIRRORED:
    admin.site.register(_model, MirrorAdmin)
