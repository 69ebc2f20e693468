"""The console's pages about money. dj-stripe's own are taken off: they act on Stripe directly."""

from django.apps import apps
from django.contrib import admin

from apps.payments.admin import attempts, events, payments, refunds

__all__ = ["attempts", "events", "payments", "refunds"]

for _model in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
