"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.pricing.api import catalogue, monitoring, rates, versions

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/staff/price-rates", rates.StaffPriceRates.as_view(), name="api-staff-price-rates"),
    path(
        "api/v1/staff/predictions", rates.StaffPredictions.as_view(), name="api-staff-predictions"
    ),
    path(
        "api/v1/staff/predictions/<int:prediction_id>",
        rates.StaffPrediction.as_view(),
        name="api-staff-prediction",
    ),
    path(
        "api/v1/staff/products/<int:product_id>/suggested-prices",
        catalogue.StaffSuggestedPrices.as_view(),
        name="api-staff-suggested-prices",
    ),
    path("api/v1/staff/models", versions.ModelsView.as_view(), name="api-staff-models"),
    path(
        "api/v1/staff/models/monitoring",
        monitoring.MonitoringView.as_view(),
        name="api-staff-models-monitoring",
    ),
    path(
        "api/v1/staff/models/versions",
        versions.ModelVersionsView.as_view(),
        name="api-staff-model-versions",
    ),
    path(
        "api/v1/staff/models/versions/<int:version_id>",
        versions.ModelVersionView.as_view(),
        name="api-staff-model-version",
    ),
    path(
        "api/v1/staff/models/versions/<int:version_id>/promote",
        versions.PromoteView.as_view(),
        name="api-staff-model-version-promote",
    ),
    path(
        "api/v1/staff/models/versions/<int:version_id>/refuse",
        versions.RefuseView.as_view(),
        name="api-staff-model-version-refuse",
    ),
    path(
        "api/v1/staff/models/<str:kind>/roll-back",
        versions.RollBackView.as_view(),
        name="api-staff-model-roll-back",
    ),
    path(
        "api/v1/staff/models/<str:kind>/train",
        versions.TrainView.as_view(),
        name="api-staff-model-train",
    ),
]
