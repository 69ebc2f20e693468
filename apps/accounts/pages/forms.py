"""Forms of the accounts pages."""

from typing import Any

from django import forms


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
