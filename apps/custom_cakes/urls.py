"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.custom_cakes.api import options

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/custom-cakes/options", options.CakeChoices.as_view(), name="api-cake-choices"),
    path(
        "api/v1/staff/cake-options",
        options.StaffOptions.as_view(),
        name="api-staff-cake-options",
    ),
    path(
        "api/v1/staff/cake-options/<int:option_id>",
        options.StaffOption.as_view(),
        name="api-staff-cake-option",
    ),
    path(
        "api/v1/staff/cake-options/<int:option_id>/offer",
        options.StaffOptionOffer.as_view(),
        name="api-staff-cake-option-offer",
    ),
]
