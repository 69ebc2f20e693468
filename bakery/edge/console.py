"""The console: Django's admin behind a second factor."""

from django_otp.admin import OTPAdminSite


class ConsoleSite(OTPAdminSite):
    """The admin site of the bakery."""

    site_header = site_title = "Bakery console"
    index_title = "Console"
