"""Forms of the accounts pages."""

from typing import Any

from django import forms
from django.conf import settings
from phonenumber_field.formfields import PhoneNumberField


def _password(label: str, *, new: bool = False) -> forms.CharField:
    autocomplete = "new-password" if new else "current-password"
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=256, strip=False, widget=widget)


class LoginForm(forms.Form):
    """E-mail and password."""

    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = _password("Password")


class EmailForm(forms.Form):
    """A mailbox."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class RegisterForm(EmailForm):
    """A new account; the mailbox is confirmed by a link."""

    full_name = forms.CharField(
        label="Name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneNumberField(
        label="Phone",
        required=False,
        region=settings.SHOP_COUNTRY,
        help_text="If you like: we call only when something is unclear about an order.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    password = _password("Password", new=True)
    news = forms.BooleanField(label="Send me news now and then", required=False)
    field_order = ["full_name", "email", "phone", "password", "news"]


class CodeForm(forms.Form):
    """A one-time code, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class NewPasswordForm(forms.Form):
    """A new password, typed twice."""

    password = _password("New password", new=True)
    again = _password("Again", new=True)

    def clean(self) -> dict[str, Any]:
        """Compare the two."""
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", "The two are not the same.")
        return data


class PasswordChangeForm(NewPasswordForm):
    """The current password and a new one."""

    current = _password("Current password")
    field_order = ["current", "password", "again"]
