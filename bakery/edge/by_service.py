"""Console pages that write through a service and show its refusal beside what was typed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bakery.kernel.errors import DomainError

if TYPE_CHECKING:
    from django.contrib import admin
    from django.forms import ModelForm

    AdminBase = admin.ModelAdmin[Any]
    FormBase = ModelForm[Any]
else:
    AdminBase = FormBase = object


class RefusableForm(FormBase):
    """A form whose second showing carries why the service said no; first among the bases."""

    refusal: DomainError | None = None
    # What the service calls a field, and the form another name.
    called: ClassVar[Mapping[str, str]] = {}

    def clean(self) -> dict[str, Any]:
        """Refuse what the service refused, beside the field that it named if it named one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.refusal is not None:
            named = str(self.refusal.details.get("field", ""))
            field = self.called.get(named, named)
            self.add_error(field if field in self.fields else None, _sentence(self.refusal))
        return cleaned


class RefusalShown(AdminBase):
    """Shows the form of `RefusableForm` again when saving raised a `DomainError`; first base."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save; what the service refuses is shown on the same page, and nothing is lost."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            request.refusal = error  # type: ignore[attr-defined]  # for the second pass, below
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        """Let the form of the second pass say why."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form


def press(
    request: HttpRequest, *, permission: str, action: Callable[[], object], done: str, back: str
) -> HttpResponse:
    """Do what a button of the console is for, and return to the page named ``back``.

    The page then says ``done``, or why the service refused. Raises `PermissionDenied`.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    try:
        action()
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect(back)


def _sentence(error: DomainError) -> str:
    fields = error.details.get("fields", {})
    told = "; ".join(f"{name}: {' '.join(problems)}" for name, problems in fields.items())
    return f"{error.message} {told}".strip()
