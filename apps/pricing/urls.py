"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.pricing.api import catalogue

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "api/v1/staff/products/<int:product_id>/suggested-prices",
        catalogue.StaffSuggestedPrices.as_view(),
        name="api-staff-suggested-prices",
    ),
]
