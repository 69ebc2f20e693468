"""Pages of the console that write through a service, and show its refusal beside what was typed."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.catalog import services
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import AuditedModelAdmin, ReasonForm


class TimedForm(RefusableForm, ReasonForm):
    """A form that says which state of its row was read, and why the service said no."""

    read_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and hasattr(self.instance, "updated_at"):
            self.initial["read_at"] = self.instance.updated_at.isoformat()


class SavedByService(RefusalShown, AuditedModelAdmin):
    """Calls `write` once everything is valid; the service saves, audits, and may refuse."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def write(self, request: HttpRequest, form: Any, lines: Sequence[Any] | None) -> int:
        """Call the service and return the row's key; ``lines`` are those of the inline."""
        raise NotImplementedError

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing of a kitchen is deleted: prices and recipes explain what was sold."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Leave it to `save_related`, where the lines are known as well."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Call the service."""
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        lines = _lines_of(formsets[0]) if formsets else None
        form.instance.pk = self.write(request, form, lines)


class LineForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A line of a recipe, or a part of a size."""

    def clean(self) -> dict[str, Any]:
        """Insist on exactly one source."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        named = [bool(cleaned.get(name)) for name in ("ingredient", "part")]
        if not self.errors and sum(named) != 1:
            raise ValidationError("Choose either an ingredient or a recipe.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """Leave out the table's constraint on the two, which the check above says in words."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # untyped
        return excluded | {"ingredient", "part"}


class LinesInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Lines below a recipe or a size: who may change that may change them."""

    form = LineForm
    fields = ("ingredient", "part", "quantity", "unit")
    extra = 2

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what lines name in the same statement."""
        return super().get_queryset(request).select_related("ingredient", "part")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Read the choices once, not once a row."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.choices = list(field.choices)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the buttons beside each choice, which crowd a list of twenty lines."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        for button in ("add", "change", "delete", "view"):
            if field is not None and hasattr(field.widget, f"can_{button}_related"):
                setattr(field.widget, f"can_{button}_related", False)
        return field

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Go by the row that the lines belong to."""
        return self._may(request, "change") or (obj is None and self._may(request, "add"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Go by the row that the lines belong to."""
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Go by the row that the lines belong to."""
        return self._may(request, "change")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Go by the row that the lines belong to."""
        return self._may(request, "view")

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.has_perm(f"catalog.{verb}_{self.parent_model._meta.model_name}")


def _lines_of(formset: Any) -> list[services.LineFields]:
    return [
        services.LineFields(
            ingredient_id=getattr(form.cleaned_data.get("ingredient"), "pk", None),
            recipe_id=getattr(form.cleaned_data.get("part"), "pk", None),
            quantity=form.cleaned_data["quantity"],
            unit=form.cleaned_data["unit"],
        )
        for form in formset.forms
        if form.cleaned_data.get("quantity") is not None
        and form not in formset.deleted_forms
        and (form.instance.pk or form.has_changed())
    ]


def tell_settled(warn: Callable[[str], Any], settled: services.Settled) -> str:
    """Warn of every claim that came off; return what to say of the sizes."""
    for claim in settled.withdrawn:
        warn(f"{claim.product}: {claim.diet} was taken off. {claim.reason}")
    plural = "" if settled.sizes == 1 else "s"
    return f"{settled.sizes} size{plural} worked out anew." if settled.sizes else ""
