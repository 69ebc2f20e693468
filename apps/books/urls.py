"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.books.api import differences, reports

_DIFFERENCE = "api/v1/staff/books/differences/<int:difference_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/staff/books/revenue", reports.RevenueView.as_view()),
    path("api/v1/staff/books/trial-balance", reports.TrialBalanceView.as_view()),
    path("api/v1/staff/books/journals", reports.JournalsView.as_view()),
    path("api/v1/staff/books/exports/<str:kind>", reports.ExportView.as_view()),
    path("api/v1/staff/books/differences", differences.Differences.as_view()),
    path(_DIFFERENCE, differences.OneDifference.as_view()),
    path(f"{_DIFFERENCE}/own", differences.OwnDifference.as_view()),
    path(f"{_DIFFERENCE}/explain", differences.ExplainDifference.as_view()),
    path(f"{_DIFFERENCE}/recheck", differences.RecheckDifference.as_view()),
    path("api/v1/staff/books/reconciliations", differences.Reconciliations.as_view()),
    path("api/v1/staff/books/reconciliations/compare", differences.Compare.as_view()),
]
