"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.notifications.api import contacts
from apps.notifications.api import messages as messages_api
from apps.notifications.api import preferences as preferences_api
from apps.notifications.api.alerts import StaffAlertAcknowledgeView, StaffAlertsView
from apps.notifications.api.roster import StaffRosterContactView, StaffRosterView
from apps.notifications.pages import preferences
from apps.notifications.pages.alerts import acknowledge
from apps.notifications.pages.callbacks import twilio_status
from apps.notifications.pages.inbound import twilio_inbound
from apps.notifications.pages.mail_reports import mail_reports
from apps.notifications.pages.unsubscribe import unsubscribe
from apps.notifications.pages.voice import call_answered, call_digits, call_status

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/staff/alerts", StaffAlertsView.as_view()),
    path("api/v1/staff/alerts/<int:alert_id>/acknowledge", StaffAlertAcknowledgeView.as_view()),
    path("api/v1/staff/roster", StaffRosterView.as_view()),
    path("api/v1/staff/roster/<int:contact_id>", StaffRosterContactView.as_view()),
    path("api/v1/staff/messages", messages_api.StaffMessages.as_view()),
    path("api/v1/staff/messages/<int:message_id>", messages_api.StaffMessage.as_view()),
    path("api/v1/staff/messages/<int:message_id>/resend", messages_api.ResendMessage.as_view()),
    path("api/v1/staff/sending", messages_api.SendingReport.as_view()),
    path("alerts/<str:token>/", acknowledge, name="acknowledge-alert"),
    path("webhooks/twilio/calls/<uuid:reference>/", call_answered, name="twilio-call"),
    path("webhooks/twilio/calls/<uuid:reference>/digits/", call_digits, name="twilio-digits"),
    path("webhooks/twilio/calls/<uuid:reference>/status/", call_status, name="twilio-call-status"),
    path("webhooks/twilio/status/", twilio_status, name="twilio-status"),
    path("webhooks/twilio/inbound/", twilio_inbound, name="twilio-inbound"),
    path("webhooks/mail/", mail_reports, name="mail-reports"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    path("preferences/confirm/<str:token>/", preferences.confirm, name="confirm-subscription"),
    path("preferences/<str:token>/", preferences.by_link, name="preferences"),
    path("account/preferences/", preferences.of_account, name="account-preferences"),
    path(
        "api/v1/preferences/<str:token>",
        preferences_api.LinkPreferences.as_view(),
        name="preferences-by-link",
    ),
    path("api/v1/me/preferences", preferences_api.MyPreferences.as_view(), name="me-preferences"),
    path("api/v1/staff/contacts", contacts.Contacts.as_view(), name="staff-contacts"),
    path(
        "api/v1/staff/contacts/<int:contact_id>",
        contacts.OneContact.as_view(),
        name="staff-contact",
    ),
    path(
        "api/v1/staff/contacts/<int:contact_id>/withdraw",
        contacts.TakeBack.as_view(),
        name="staff-contact-withdraw",
    ),
    path(
        "api/v1/staff/contacts/<int:contact_id>/lift",
        contacts.LiftSuppression.as_view(),
        name="staff-contact-lift",
    ),
    path(
        "api/v1/staff/inbound-texts",
        contacts.InboundTexts.as_view(),
        name="staff-inbound-texts",
    ),
]
