"""The console: Django's admin behind a second factor, with every change in the audit trail."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django_otp.admin import OTPAdminSite

from bakery.edge.badges import badges_for
from bakery.kernel import audit, clock
from bakery.kernel.logs import fingerprint

_PLAIN = (bool, int, float, str, Decimal, datetime, date, time, timedelta, UUID, list, dict)
_LONGEST = 2000
_LAST = 100
Changes = dict[str, list[Any]]


class ConsoleSite(OTPAdminSite):
    """The admin site of the bakery: active staff with a proven second factor, nobody else.

    Signing in and out and the account's own pages belong to the accounts app, whose addresses
    come first.
    """

    site_header = site_title = "Bakery console"
    index_title = "Console"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:  # noqa: FBT001, FBT002 - Django's signature
        """Guard a view of the console, and mark it as guarded for `access.rule_of`."""
        guarded: Any = super().admin_view(view, cacheable)
        guarded.admin_site = self
        return guarded  # type: ignore[no-any-return]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Put the apps in the order of their ``console_position``: daily work before records."""
        found: list[dict[str, Any]] = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: _position(app["app_label"]))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show first what waits for somebody."""
        more = {"badges": badges_for(request), **(extra_context or {})}
        shown: HttpResponse = super().index(request, more)
        return shown

    def login(
        self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the one page that signs staff in: password first, then a code."""
        return redirect_to_login(request.GET.get("next", ""), settings.LOGIN_URL)


def _position(label: str) -> int:
    return int(getattr(apps.get_app_config(label), "console_position", _LAST))


def actor_of(request: HttpRequest) -> str:
    """Return the actor string of the caller, as services and the audit trail expect it."""
    return f"user:{request.user.pk}"


def plain(value: Any) -> Any:
    """Return ``value`` in a form that the audit trail can keep as JSON."""
    if value is None or (isinstance(value, _PLAIN) and not isinstance(value, str)):
        return value
    return str(value)[:_LONGEST]


def snapshot(
    row: models.Model, *, exclude: Iterable[str] = (), masked: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the stored columns of ``row`` and the keys of its plain many-to-many relations.

    Columns in ``masked`` appear as keyed hashes: one sees that they changed, not what they say.
    """
    stored = type(row)._base_manager.filter(pk=row.pk).first()
    if stored is None:
        return {}
    hidden = set(exclude)
    values = {
        field.attname: plain(getattr(stored, field.attname))
        for field in stored._meta.concrete_fields
        if field.name not in hidden
    }
    for relation in stored._meta.many_to_many:
        if relation.name not in hidden:
            keys = getattr(stored, relation.name).values_list("pk", flat=True)
            values[relation.name] = sorted(keys)
    for name in set(masked) & values.keys():
        values[name] = f"#{fingerprint(str(values[name]))}" if values[name] else ""
    return values


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Return ``{field: [before, after]}`` for the fields that differ."""
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if before.get(name) != after.get(name)
    }


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A change form that also asks why; the answer goes to the audit trail, not to the row."""

    reason = forms.CharField(
        required=False,
        max_length=500,
        label="Reason",
        help_text="Why this is changed. Kept in the audit trail.",
        widget=forms.TextInput(attrs={"size": 80, "autocomplete": "off"}),
    )


class AuditedModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Writes who changed what, before and after, from where and why, in the change's transaction.

    Covers saving (with inlines and many-to-many relations), list editing, deleting one row and
    the bulk delete. Columns in ``audit_exclude`` are left out: put secrets and hashes there.
    Columns in ``audit_masked`` are kept as keyed hashes: put what identifies a person there.
    A form of your own derives from `ReasonForm` to keep the reason.
    """

    form = ReasonForm
    audit_exclude: ClassVar[frozenset[str]] = frozenset()
    audit_masked: ClassVar[frozenset[str]] = frozenset()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Put the reason last, and only where something can be changed."""
        fieldsets = [
            (name, {**options, "fields": [f for f in options["fields"] if f != "reason"]})
            for name, options in super().get_fieldsets(request, obj)
        ]
        may_save = (
            self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        )
        if may_save and "reason" in getattr(self.form, "base_fields", {}):
            fieldsets.append((None, {"fields": ["reason"]}))
        return fieldsets

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:  # noqa: FBT001 - Django's signature
        """Remember the stored row before anything is written."""
        form.audit_before = self._snapshot(form.instance) if change else {}
        return super().save_form(request, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save, then record the difference between what was stored and what is."""
        super().save_related(request, form, formsets, change)
        row = form.instance
        changes = difference(form.audit_before, self._snapshot(row))
        for formset in formsets:
            changes.update(self._inline_changes(formset))
        if changes:
            reason = str(form.cleaned_data.get("reason", ""))
            self.audit(request, row, "change" if change else "add", changes=changes, reason=reason)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one row and record what it held."""
        with transaction.atomic():
            changes = difference(self._snapshot(obj), {})
            self.audit(request, obj, "delete", changes=changes)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete several rows and record each."""
        with transaction.atomic():
            for row in queryset:
                changes = difference(self._snapshot(row), {})
                self.audit(request, row, "delete", changes=changes)
            super().delete_queryset(request, queryset)

    def audit(
        self,
        request: HttpRequest,
        row: models.Model,
        action: str,
        *,
        changes: Changes | None = None,
        reason: str = "",
    ) -> None:
        """Append an entry about ``row`` by the caller; ``action`` is a verb."""
        label = row._meta.label_lower
        audit.record(
            actor=actor_of(request),
            action=f"{label}.{action}",
            object_type=label,
            object_id=row.pk,
            changes=changes,
            reason=reason,
            at=clock.now(),
        )

    def _snapshot(self, row: models.Model) -> dict[str, Any]:
        return snapshot(row, exclude=self.audit_exclude, masked=self.audit_masked)

    def _inline_changes(self, formset: Any) -> Changes:
        name = formset.model._meta.model_name
        changes: Changes = {}
        for row in formset.new_objects:
            changes[f"{name}:{row.pk}"] = [None, self._snapshot(row)]
        for row, fields in formset.changed_objects:
            form = next(form for form in formset.initial_forms if form.instance is row)
            before = {field: plain(form.initial.get(field)) for field in fields}
            after = {field: plain(form.cleaned_data.get(field)) for field in fields}
            changes[f"{name}:{row.pk}"] = [before, after]
        key_name = formset.model._meta.pk.name
        for row in formset.deleted_objects:
            # The key is gone from the object by now; the form still holds what was shown.
            form = next(form for form in formset.initial_forms if form.instance is row)
            shown = {field: plain(value) for field, value in form.initial.items()}
            changes[f"{name}:{form.fields[key_name].initial}"] = [shown, None]
        return changes
