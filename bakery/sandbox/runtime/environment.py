"""The environment of the processes: what the user named is kept, the sandbox supplies the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from bakery.sandbox.engines.database import APP, OWNER
from bakery.sandbox.engines.ports import LOOPBACK
from bakery.sandbox.keys import RECEIPT_KEYS

DATABASE = "bakery"
DEMO_PHONES = "+14165550101,+14165550102"
DEMO_SENDER = "+14165550199"
# A shop with everything that the law wants on its receipts; nobody's number and address.
DEMO_SHOP = {
    "SHOP_ADDRESS": "12 Baker Street|Toronto ON M5V 0A0",
    "SHOP_PHONE": "+1 416 555 0100",
    "SHOP_EMAIL": "hello@bakery.example",
    "SHOP_TAX_NUMBERS": "HST:000000000RT0001",
    "RECEIPT_POLICY": "Tell us within two days when something was wrong with what you got."
    " Cakes that were made for you are not taken back for other reasons.",
}


class Misconfigured(Exception):
    """The user's environment cannot work as it is; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Loopback ports of everything that listens."""

    web: int
    live: int
    sandbox: int
    smtp: int
    postgres: int
    valkey: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Which stand-ins are needed, because the environment names no real counterpart."""

    postgres: bool
    valkey: bool
    stripe: bool
    twilio: bool
    mail: bool

    @classmethod
    def needed(cls, env: Mapping[str, str]) -> "Parts":
        """Decide part by part; Misconfigured on half a replacement."""
        _refuse_half(env, "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS")
        _refuse_half(env, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
        return cls(
            postgres=not env.get("DATABASE_URL"),
            valkey=not env.get("REDIS_URL"),
            stripe=not env.get("STRIPE_SECRET_KEY"),
            twilio=not env.get("TWILIO_ACCOUNT_SID"),
            mail=not env.get("EMAIL_URL"),
        )

    @property
    def services(self) -> bool:
        """Whether the sandbox process has anything to stand in for."""
        return self.stripe or self.twilio or self.mail


def _refuse_half(env: Mapping[str, str], *names: str) -> None:
    named = [name for name in names if env.get(name)]
    missing = [name for name in names if not env.get(name)]
    if named and missing:
        raise Misconfigured(f"{', '.join(named)} is set, so {', '.join(missing)} must be as well")


def compose_environment(
    given: Mapping[str, str], *, parts: Parts, ports: Ports, keys: Mapping[str, str], var: str
) -> dict[str, str]:
    """Return ``given`` completed for all processes; no value in ``given`` is replaced."""
    web = f"http://{LOOPBACK}:{ports.web}"
    own = {
        "DJANGO_SETTINGS_MODULE": "bakery.settings.dev",
        "PYTHONUNBUFFERED": "1",
        # A demo on loopback may run as root, and Celery need not say otherwise on every start.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "WEB_PORT": str(ports.web),
        "LIVE_PORT": str(ports.live),
        "SANDBOX_PORT": str(ports.sandbox),
        "SANDBOX_SMTP_PORT": str(ports.smtp),
        **_folders(var),
        "PUBLIC_BASE_URL": web,
        "LIVE_BASE_URL": f"ws://{LOOPBACK}:{ports.live}",
        "SANDBOX_URL": f"http://{LOOPBACK}:{ports.sandbox}",
        "SHOP_URL": f"{web}/",
        "BOARD_URL": f"{web}/board/",
        "CONSOLE_URL": f"{web}/console/",
        "ALERT_PHONES": DEMO_PHONES,
        "ALERT_EMAILS": "manager@bakery.example",
        **DEMO_SHOP,
        "CSRF_TRUSTED_ORIGINS": f"{web},http://localhost:{ports.web}",
        **{
            name: keys[name]
            for name in (
                "SECRET_KEY",
                "AUDIT_KEY",
                "FINGERPRINT_KEY",
                "JWT_KEYS",
                "JWT_ACTIVE_KID",
                "TILL_KEYS",
            )
        },
        **_receipt_keys(given, keys),
        **_engine_addresses(parts, ports, keys),
        **_service_addresses(parts, ports, keys),
    }
    return {**own, **{name: value for name, value in given.items() if value or name not in own}}


def _receipt_keys(given: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    """Return what receipts are signed with; nothing of it where the user names a key."""
    if given.get("RECEIPT_SIGNING_KEY"):
        return {}
    return {name: keys[name] for name in RECEIPT_KEYS}


def _folders(var: str) -> dict[str, str]:
    """Return where each kind of file is."""
    return {
        "SANDBOX_DATA_DIR": f"{var}/sandbox",
        "MEDIA_ROOT": f"{var}/media",
        "PRIVATE_MEDIA_ROOT": f"{var}/private",
        "RECEIPT_ROOT": f"{var}/receipts",
        "STATIC_ROOT": f"{var}/static",
    }


def _engine_addresses(parts: Parts, ports: Ports, keys: Mapping[str, str]) -> dict[str, str]:
    addresses: dict[str, str] = {}
    if parts.postgres:
        for variable, role, key in (
            ("DATABASE_URL", APP, "APP_PASSWORD"),
            ("MIGRATE_DATABASE_URL", OWNER, "OWNER_PASSWORD"),
        ):
            addresses[variable] = (
                f"postgres://{role}:{quote(keys[key])}@{LOOPBACK}:{ports.postgres}/{DATABASE}"
            )
    if parts.valkey:
        for number, variable in enumerate(("REDIS_URL", "CACHE_URL", "CHANNELS_URL")):
            addresses[variable] = f"redis://{LOOPBACK}:{ports.valkey}/{number}"
    return addresses


def _service_addresses(parts: Parts, ports: Ports, keys: Mapping[str, str]) -> dict[str, str]:
    sandbox = f"http://{LOOPBACK}:{ports.sandbox}"
    addresses: dict[str, str] = {}
    if parts.stripe:
        addresses |= {
            "STRIPE_SECRET_KEY": keys["STRIPE_SECRET_KEY"],
            "STRIPE_WEBHOOK_SECRETS": keys["STRIPE_WEBHOOK_SECRETS"],
            "STRIPE_WEBHOOK_SECRET": keys["STRIPE_WEBHOOK_SECRETS"],
            "STRIPE_API_BASE": f"{sandbox}/stripe",
            "STRIPE_WEBHOOK_URL": f"http://{LOOPBACK}:{ports.web}/webhooks/stripe/",
        }
    if parts.twilio:
        addresses |= {
            "TWILIO_ACCOUNT_SID": keys["TWILIO_ACCOUNT_SID"],
            "TWILIO_AUTH_TOKEN": keys["TWILIO_AUTH_TOKEN"],
            "TWILIO_API_BASE": f"{sandbox}/twilio",
            "TWILIO_FROM": DEMO_SENDER,
            # Only the sandbox reads it: where it passes texts to the shop's number on.
            "TWILIO_INBOUND_URL": f"http://{LOOPBACK}:{ports.web}/webhooks/twilio/inbound/",
        }
    if parts.mail:
        addresses["EMAIL_URL"] = f"smtp://{LOOPBACK}:{ports.smtp}"
    return addresses
