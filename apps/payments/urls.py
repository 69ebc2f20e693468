"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.payments.api.pay import PayOrder
from apps.payments.api.webhook import receive_stripe_event
from apps.payments.pages.pay import pay_order

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/stripe/", receive_stripe_event, name="stripe-webhook"),
    path("api/v1/orders/<uuid:public_id>/pay", PayOrder.as_view(), name="order-pay"),
    path("orders/<uuid:public_id>/pay/", pay_order, name="order-pay-page"),
]
