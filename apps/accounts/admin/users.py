"""Users in the console: who they are, what they may do, and buttons that take access away."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from apps.accounts import rules, selectors, services
from apps.accounts.models import User
from bakery.edge.access import recent_second_factor
from bakery.edge.console import AuditedModelAdmin, actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_MANAGE = "accounts.manage_staff"
# button -> (label, service, permission)
_BUTTONS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "disable": ("Disable", services.disable_user, _MANAGE),
    "enable": ("Enable", services.enable_user, _MANAGE),
    "end-sessions": ("End all sessions", services.end_sessions, _MANAGE),
    "reset-second-factor": ("Reset second factor", services.reset_second_factor, _MANAGE),
    "anonymise": ("Erase personal data", services.anonymise_user, "accounts.anonymise_user"),
}


class ReasonOnly(forms.Form):
    """Why access is changed."""

    reason = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"size": 80}))


class RolesForm(ReasonOnly):
    """The roles that somebody shall have."""

    roles = forms.MultipleChoiceField(
        choices=[(role, role) for role in rules.ROLES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    field_order = ["roles", "reason"]


class StaffForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A new member of staff; they choose a password through a mailed link."""

    roles = forms.MultipleChoiceField(
        choices=[(role, role) for role in rules.STAFF_ROLES], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["email", "full_name"]

    def clean_email(self) -> str:
        """Compare addresses in lower case."""
        email = rules.normal_address(self.cleaned_data["email"])
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("There is an account with this address already.")
        return email


@admin.register(User)
class UserAdmin(AuditedModelAdmin):
    """Users. Passwords and secrets are never shown; access changes by buttons with a reason."""

    list_display = (
        "email", "full_name", "role_names", "is_staff", "is_active", "authenticator", "last_login",
    )  # fmt: skip
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "full_name", "phone")
    ordering = ("-pk",)
    fields = (
        "email", "full_name", "phone", "language", "role_names", "authenticator", "is_active",
        "is_staff", "email_verified_at", "last_login", "created_at", "anonymised_at", "buttons",
    )  # fmt: skip
    readonly_fields = (
        "email", "role_names", "authenticator", "is_active", "is_staff", "email_verified_at",
        "last_login", "created_at", "anonymised_at", "buttons",
    )  # fmt: skip
    # The trail is for ever: it says that these changed, and by whom, not what they say.
    audit_exclude = frozenset({"password", "last_login"})
    audit_masked = frozenset({"email", "full_name", "phone"})
    actions = None
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return users with the columns that are shown, in one query."""
        return selectors.user_rows()

    @admin.display(description="Roles")
    def role_names(self, user: User) -> str:
        """Name the roles."""
        return ", ".join(user.roles) or "-"  # type: ignore[attr-defined]  # annotated

    @admin.display(description="2FA", boolean=True, ordering="has_authenticator")
    def authenticator(self, user: User) -> bool:
        """Tell whether an authenticator is set up."""
        return bool(user.has_authenticator)  # type: ignore[attr-defined]  # annotated

    @admin.display(description="Access")
    def buttons(self, user: User) -> str:
        """Link to what may be done; each asks for a reason and for a fresh code."""
        names = {"roles": "Change roles", **{key: label for key, (label, _, _) in _BUTTONS.items()}}
        return format_html(
            "".join('<a class="button" href="{}">{}</a> ' for _ in names),
            *(
                part
                for name, label in names.items()
                for part in (reverse("admin:accounts_user_access", args=[user.pk, name]), label)
            ),
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the page behind the buttons."""
        view = self.admin_site.admin_view(self.change_access)
        address = path("<int:user_id>/access/<slug:button>/", view, name="accounts_user_access")
        return [address, *super().get_urls()]

    @recent_second_factor()
    def change_access(self, request: HttpRequest, user_id: int, button: str) -> HttpResponse:
        """Ask for a reason and carry the button out."""
        label, service, permission = _BUTTONS.get(button, ("Change roles", None, _MANAGE))
        if not request.user.has_perm(permission) or (service is None and button != "roles"):
            raise PermissionDenied
        user = self.get_object(request, str(user_id))
        if user is None:
            return redirect("admin:accounts_user_changelist")
        form = self._form(request, service, user)
        if request.method == "POST" and form.is_valid():
            try:
                call = service or services.set_roles
                data = form.cleaned_data
                call(user_id=user_id, actor=actor_of(request), at=clock.now(), **data)
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, f"{label}: done for {user}.")
                return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[user_id]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{label}: {user}",
            "form": form,
            "label": label,
            "subject": user,
            "opts": self.opts,
        }
        return render(request, "admin/accounts/user/access.html", context)

    def _form(self, request: HttpRequest, service: Any, user: Any) -> forms.Form:
        data = request.POST if request.method == "POST" else None
        if service is None:
            return RolesForm(data, initial={"roles": user.roles})
        return ReasonOnly(data)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Use the short form for a new member of staff."""
        if obj is None:
            return StaffForm
        return super().get_form(request, obj, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show few fields for a new member of staff."""
        if obj is None:
            return [(None, {"fields": ["email", "full_name", "roles"]})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nothing is read-only while it does not exist."""
        return () if obj is None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Create through the service, which mails the link; change as usual, audited."""
        if change:
            obj.save(update_fields=["full_name", "phone", "language"])
            return
        created = services.create_staff(
            email=obj.email,
            roles=form.cleaned_data["roles"],
            full_name=obj.full_name,
            actor=actor_of(request),
            at=clock.now(),
        )
        obj.pk = created.pk

    @recent_second_factor()
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Create staff only with a fresh code."""
        return super().add_view(request, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Admit who manages staff."""
        return request.user.has_perm(_MANAGE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: people are erased with a button, and the books stay."""
        return False
