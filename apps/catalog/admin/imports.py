"""Import and export of the range in the console: a file is checked, looked at, then applied."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from apps.catalog import services
from apps.catalog.adapters.range_table import COLUMNS
from apps.catalog.adapters.tables import CONTENT_TYPES, FORMATS, MAX_BYTES, MAX_ROWS
from apps.catalog.models import RangeImport
from apps.catalog.services.range_import import SHOWN
from bakery.edge.console import AuditedModelAdmin, actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound

PERMISSION = "catalog.import_products"


class FileForm(forms.Form):
    """The file to check."""

    file = forms.FileField(
        label="CSV or JSON file",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.json"}),
        help_text=f"UTF-8, at most {MAX_BYTES // 1_000_000} MB and {MAX_ROWS} rows.",
    )

    def clean_file(self) -> Any:
        """Refuse by size before anything is read."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(f"A file has at most {MAX_BYTES // 1_000_000} MB.")
        return upload


class ImportPages(AuditedModelAdmin):
    """Pages beside the list of products."""

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Tell whether the caller may read and write the whole range at once."""
        return bool(request.user.has_perm(PERMISSION))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_page), name="catalog_range_import"),
            path("import/<uuid:import_id>/", view(self.checked_page), name="catalog_range_checked"),
            path(
                "import/<uuid:import_id>/apply/",
                require_POST(view(self.apply)),
                name="catalog_range_apply",
            ),
            path(
                "export/<slug:file_format>/",
                require_POST(view(self.export)),
                name="catalog_range_export",
            ),
            *super().get_urls(),
        ]

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Take a file and check it."""
        self._require(request)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                found = services.check_import(
                    data=upload.read(),
                    file_format="json" if upload.name.lower().endswith(".json") else "csv",
                    file_name=upload.name,
                    actor=actor_of(request),
                    at=clock.now(),
                )
            except DomainError as error:
                form.add_error("file", error.message)
            else:
                return HttpResponseRedirect(reverse("admin:catalog_range_checked", args=[found.pk]))
        context = {"form": form, "columns": COLUMNS, "formats": list(FORMATS)}
        return self._show(request, "import.html", "Import and export", context)

    def checked_page(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Show what a file would do, or did."""
        self._require(request)
        found = RangeImport.objects.filter(pk=import_id).first()
        if found is None:
            raise Http404
        context = {"found": found, "report": found.report, "shown": SHOWN}
        return self._show(request, "import_checked.html", f"Check of {found.file_name}", context)

    def apply(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Carry a checked file out."""
        self._require(request)
        try:
            found = services.apply_import(
                import_id=import_id, actor=actor_of(request), at=clock.now()
            )
        except NotFound as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:catalog_range_import"))
        report = found.report
        messages.success(
            request,
            f"{found.file_name}: {report['new']} new and {report['changed']} changed are saved.",
        )
        return HttpResponseRedirect(reverse("admin:catalog_range_checked", args=[found.pk]))

    def export(self, request: HttpRequest, file_format: str) -> HttpResponse:
        """Send the whole range as a file."""
        self._require(request)
        if file_format not in FORMATS:
            raise Http404
        at = clock.now()
        data = services.export_range(file_format=file_format, actor=actor_of(request), at=at)
        response = HttpResponse(data, content_type=CONTENT_TYPES[file_format])
        name = f"range-{clock.shop_date(at):%Y-%m-%d}.{file_format}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store, private"
        return response

    def _require(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def _show(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return render(request, f"admin/catalog/product/{template}", {**shared, **context})
