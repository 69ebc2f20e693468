"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.notifications.pages.alerts import acknowledge
from apps.notifications.pages.callbacks import twilio_status

urlpatterns: list[URLPattern | URLResolver] = [
    path("alerts/<str:token>/", acknowledge, name="acknowledge-alert"),
    path("webhooks/twilio/status/", twilio_status, name="twilio-status"),
]
