"""Addresses of this app. Included before the console, whose log-in and log-out they replace."""

from django.urls import URLPattern, URLResolver, path, register_converter

from apps.accounts.api import addresses, auth, dead_letters, me, schedules, staff
from apps.accounts.pages import addresses as address_pages
from apps.accounts.pages import console, customer, links


class ActionConverter:
    """The actions on a user."""

    regex = "disable|enable|end-sessions|reset-second-factor|anonymise"

    def to_python(self, value: str) -> str:
        """Return the action."""
        return value

    def to_url(self, value: str) -> str:
        """Return the path's part."""
        return value


register_converter(ActionConverter, "user_action")

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/auth/register", auth.Register.as_view(), name="auth-register"),
    path("api/v1/auth/verify", auth.Verify.as_view(), name="auth-verify"),
    path("api/v1/auth/token", auth.Token.as_view(), name="auth-token"),
    path("api/v1/auth/refresh", auth.Refresh.as_view(), name="auth-refresh"),
    path("api/v1/auth/logout", auth.Logout.as_view(), name="auth-logout"),
    path("api/v1/auth/logout-all", auth.LogoutAll.as_view(), name="auth-logout-all"),
    path("api/v1/auth/password-reset", auth.PasswordReset.as_view(), name="auth-password-reset"),
    path(
        "api/v1/auth/password-reset/confirm",
        auth.PasswordResetConfirm.as_view(),
        name="auth-password-reset-confirm",
    ),
    path("api/v1/auth/password-change", auth.PasswordChange.as_view(), name="auth-password-change"),
    path("api/v1/auth/step-up", auth.StepUp.as_view(), name="auth-step-up"),
    path("api/v1/me", me.Me.as_view(), name="me"),
    path("api/v1/me/consent", me.Consents.as_view(), name="me-consent"),
    path("api/v1/me/addresses", addresses.Addresses.as_view(), name="me-addresses"),
    path(
        "api/v1/me/addresses/<int:address_id>",
        addresses.OneAddress.as_view(),
        name="me-address",
    ),
    path("api/v1/staff/users", staff.Users.as_view(), name="staff-users"),
    path(
        "api/v1/staff/users/<int:user_id>/<user_action:action>",
        staff.UserAction.as_view(),
        name="staff-user-action",
    ),
    path("api/v1/staff/dead-letters", dead_letters.DeadLettersView.as_view()),
    path(
        "api/v1/staff/dead-letters/<int:row_id>/replay",
        dead_letters.DeadLetterReplayView.as_view(),
    ),
    path(
        "api/v1/staff/dead-letters/<int:row_id>/discard",
        dead_letters.DeadLetterDiscardView.as_view(),
    ),
    path("api/v1/staff/schedules", schedules.SchedulesView.as_view()),
    path("api/v1/staff/schedules/<str:task>/run", schedules.ScheduleRunView.as_view()),
    path("api/v1/staff/schedules/<str:task>/switch", schedules.ScheduleSwitchView.as_view()),
    path("account/login/", customer.log_in, name="customer-login"),
    path("account/logout/", customer.log_out, name="customer-logout"),
    path("account/register/", customer.register, name="customer-register"),
    path("account/addresses/new/", address_pages.edit_address, name="account-address-new"),
    path(
        "account/addresses/<int:address_id>/",
        address_pages.edit_address,
        name="account-address-edit",
    ),
    path("account/forgot/", customer.forgot, name="customer-forgot"),
    path("account/verify/", links.verify, name="account-verify"),
    path("account/reset/", links.reset, name="account-reset"),
    path("console/login/", console.log_in, name="console-login"),
    path("console/login/code/", console.enter_code, name="console-code"),
    path("console/login/enrol/", console.enrol, name="console-enrol"),
    path("console/logout/", console.log_out, name="console-logout"),
    path("console/step-up/", console.step_up, name="console-step-up"),
    path("console/password_change/", console.change_password, name="console-password"),
    path("console/recovery-codes/", console.recovery_codes, name="console-recovery-codes"),
]
