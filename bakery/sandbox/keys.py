"""Keys of one installation of the sandbox: made once, kept in a file only its owner reads."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.receipts.adapters.certificates import make_certificate

# Shapes that the outside services' own clients and dj-stripe insist on.
_STRIPE_BODY = 32
RECEIPT_KEYS = ("RECEIPT_SIGNING_KEY", "RECEIPT_SIGNING_CERTIFICATES", "RECEIPT_TRUSTED_ROOTS")
# Before the first day of any demo or test, and long after.
_SINCE, _FOR = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=3650)


def make_keys() -> dict[str, str]:
    """Return fresh random values for every secret that settings or the engines ask for."""
    seed = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return {
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        "OWNER_PASSWORD": secrets.token_urlsafe(24),
        "APP_PASSWORD": secrets.token_urlsafe(24),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "AUDIT_KEY": secrets.token_hex(32),
        "FINGERPRINT_KEY": secrets.token_hex(32),
        "JWT_KEYS": f"k1:{seed}",
        "JWT_ACTIVE_KID": "k1",
        "TILL_KEYS": f"till-1:{secrets.token_hex(32)}",
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(_STRIPE_BODY // 2)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(_STRIPE_BODY // 2)}",
        "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        **_receipt_keys(),
    }


def _receipt_keys() -> dict[str, str]:
    """Return a key that receipts are signed with, its certificate and the root to trust."""
    until = datetime.now(UTC) + _FOR
    made = make_certificate(name="Sandbox bakery, receipts", since=_SINCE, until=until)
    return dict(zip(RECEIPT_KEYS, (made.key, made.certificate, made.root), strict=True))


def load_keys(path: Path) -> dict[str, str]:
    """Return the keys in ``path``, made there on first use; later releases' new keys are added."""
    known: dict[str, str] = {}
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
    keys = {**make_keys(), **known}
    if keys != known:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(json.dumps(keys, indent=2), encoding="utf-8")
    return keys
