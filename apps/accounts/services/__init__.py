"""Every change to accounts: one function per use case."""

from apps.accounts.services.addresses import add_address, change_address, remove_address
from apps.accounts.services.mailboxes import (
    carry_out_mailbox_request,
    mint_mailbox_token,
    request_password_reset,
    request_registration,
    reset_password,
    verify_mailbox,
)
from apps.accounts.services.passwords import change_password, check_credentials
from apps.accounts.services.privacy import anonymise_user, before_erasure
from apps.accounts.services.profile import record_consents, update_profile
from apps.accounts.services.retention import purge_expired
from apps.accounts.services.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    renew_recovery_codes,
    reset_second_factor,
    verify_second_factor,
)
from apps.accounts.services.sessions import (
    TokenPair,
    end_sessions,
    log_in,
    log_out,
    refresh_tokens,
    step_up,
)
from apps.accounts.services.staff import (
    create_staff,
    disable_user,
    enable_user,
    set_roles,
    sync_roles,
)

__all__ = [
    "TokenPair",
    "add_address",
    "anonymise_user",
    "before_erasure",
    "begin_enrolment",
    "carry_out_mailbox_request",
    "change_address",
    "change_password",
    "check_credentials",
    "confirm_enrolment",
    "create_staff",
    "disable_user",
    "enable_user",
    "end_sessions",
    "log_in",
    "log_out",
    "mint_mailbox_token",
    "purge_expired",
    "record_consents",
    "refresh_tokens",
    "remove_address",
    "renew_recovery_codes",
    "request_password_reset",
    "request_registration",
    "reset_password",
    "reset_second_factor",
    "set_roles",
    "step_up",
    "sync_roles",
    "update_profile",
    "verify_mailbox",
    "verify_second_factor",
]
