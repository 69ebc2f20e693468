"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.recovery.api import carts, staff
from apps.recovery.pages import contact, restore

urlpatterns: list[URLPattern | URLResolver] = [
    path("cart/restore/<str:token>/", restore.restore, name="cart-restore"),
    path("cart/contact/", contact.keep, name="cart-contact"),
    path("cart/contact/forget/", contact.forget, name="cart-contact-forget"),
    path("api/v1/carts/restore", carts.CartRestoreView.as_view(), name="api-cart-restore"),
    path(
        "api/v1/carts/<uuid:cart_id>/contact",
        carts.CartContactView.as_view(),
        name="api-cart-contact",
    ),
    path("api/v1/staff/recovery/funnel", staff.StaffFunnel.as_view(), name="api-recovery-funnel"),
    path(
        "api/v1/staff/recovery/attempts",
        staff.StaffAttempts.as_view(),
        name="api-recovery-attempts",
    ),
    path("api/v1/staff/recovery/policy", staff.StaffPolicy.as_view(), name="api-recovery-policy"),
    path("api/v1/staff/recovery/rules", staff.StaffRules.as_view(), name="api-recovery-rules"),
    path(
        "api/v1/staff/recovery/rules/<int:step>",
        staff.StaffRule.as_view(),
        name="api-recovery-rule",
    ),
]
