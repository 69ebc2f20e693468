"""What others may ask about accounts."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from apps.accounts.models import User


def user(user_id: int) -> User | None:
    """Return the user, or None when there is none (any more)."""
    return User.objects.filter(pk=user_id).first()


def is_session_valid(session_key: str | None, user_id: int) -> bool:
    """Tell whether a browser session still belongs to this active user.

    False after logout, expiry, a password change, "log out everywhere" and disabling. Sockets
    ask this again while they are open; an ordinary request need not.
    """
    if not session_key:
        return False
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    data = store.load()
    if data.get(SESSION_KEY) != str(user_id):
        return False
    owner = User.objects.filter(pk=user_id, is_active=True).first()
    return owner is not None and constant_time_compare(
        data.get(HASH_SESSION_KEY, ""), owner.get_session_auth_hash()
    )
