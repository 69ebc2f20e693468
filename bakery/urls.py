"""Every address of the platform; each app brings its own under a prefix."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from bakery.edge import health, pages

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("csp-report/", pages.csp_report),
    # Before the console, whose own log-in and log-out it replaces.
    path("", include("apps.accounts.urls")),
    path("console/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="edge/api_docs.html"),
        name="docs",
    ),
    path("", include("apps.notifications.urls")),
    path("", include("apps.catalog.urls")),
    path("", include("apps.pricing.urls")),
    path("", include("apps.descriptions.urls")),
    path("", include("apps.inventory.urls")),
    path("", include("apps.loyalty.urls")),
    path("", include("apps.orders.urls")),
    path("", include("apps.custom_cakes.urls")),
    path("", include("apps.receipts.urls")),
    path("", include("apps.recovery.urls")),
    path("", include("apps.payments.urls")),
    path("", include("apps.books.urls")),
]
handler400 = "bakery.edge.pages.bad_request"
handler403 = "bakery.edge.pages.forbidden"
handler404 = "bakery.edge.pages.not_found"
handler500 = "bakery.edge.pages.server_error"
