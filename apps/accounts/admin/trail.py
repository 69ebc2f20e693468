"""The audit trail: who changed what, when, from where and why."""

import json

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import audit
from bakery.kernel.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Read-only. Filter by kind of object; search `object_type object_id` or an actor."""

    change_list_template = "admin/kernel/auditentry/change_list.html"
    list_display = ("seq", "at", "actor", "action", "object_type", "object_id", "reason", "address")
    list_filter = ("object_type", "action", "at")
    search_fields = ("=object_id", "=actor", "=request_id", "object_type")
    search_help_text = "Object number, actor (user:7), request id, or kind of object"
    fields = (
        "seq", "at", "actor", "action", "object_type", "object_id", "what", "reason",
        "address", "request_id", "prev_hash", "hash",
    )  # fmt: skip
    readonly_fields = fields
    show_full_result_count = False
    list_per_page = 50

    @admin.display(description="Changes")
    def what(self, entry: AuditEntry) -> str:
        """Show before and after, readable."""
        text = json.dumps(entry.changes, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html("<pre>{}</pre>", text)

    def get_urls(self) -> list[URLPattern]:
        """Add the verification."""
        verify = self.admin_site.admin_view(require_POST(self.verify_chain))
        return [path("verify/", verify, name="kernel_auditentry_verify"), *super().get_urls()]

    def verify_chain(self, request: HttpRequest) -> HttpResponse:
        """Walk the whole chain and say whether every link holds."""
        if not self.has_view_permission(request):
            return redirect("admin:index")
        verdict = audit.verify()
        if verdict.ok:
            text = f"The chain holds: {verdict.checked} entries checked."
            messages.success(request, text)
        else:
            messages.error(request, f"Entry #{verdict.bad_seq} {verdict.reason}.")
        return redirect("admin:kernel_auditentry_changelist")
