"""What the sandbox is told from outside: addresses, keys and where it keeps its state."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_WEBHOOK_SECRET = "whsec_sandbox_0123456789abcdef"
DEFAULT_ACCOUNT_SID = "AC" + "0" * 31 + "1"
DEFAULT_AUTH_TOKEN = "sandbox-auth-token-0123456789abcd"


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """Settings of one sandbox.

    `data_dir=None` keeps everything in memory. Port 0 takes a free port. An empty
    `stripe_webhook_url` records events without sending them. With no `stripe_api_keys` every
    well-formed test key is accepted.
    """

    host: str = "127.0.0.1"
    port: int = 8002
    smtp_port: int = 8025
    data_dir: Path | None = None
    stripe_webhook_url: str = ""
    stripe_webhook_secrets: tuple[str, ...] = (DEFAULT_WEBHOOK_SECRET,)
    stripe_api_keys: tuple[str, ...] = ()
    twilio_account_sid: str = DEFAULT_ACCOUNT_SID
    twilio_auth_token: str = DEFAULT_AUTH_TOKEN
    twilio_inbound_url: str = ""
    delivery_step_seconds: float = 0.4
    merchant_name: str = "Sandbox Bakery"
    shop_url: str = ""
    board_url: str = ""
    console_url: str = ""

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "SandboxConfig":
        """Read the settings of `make run`; state goes to `var/sandbox` unless told otherwise."""
        env = os.environ if env is None else env
        data_dir = env.get("SANDBOX_DATA_DIR", "var/sandbox")
        return cls(
            port=int(env.get("SANDBOX_PORT", "8002")),
            smtp_port=int(env.get("SANDBOX_SMTP_PORT", "8025")),
            data_dir=None if data_dir == ":memory:" else Path(data_dir),
            stripe_webhook_url=env.get("STRIPE_WEBHOOK_URL", ""),
            stripe_webhook_secrets=_split(
                env.get("STRIPE_WEBHOOK_SECRETS") or env.get("STRIPE_WEBHOOK_SECRET", "")
            )
            or (DEFAULT_WEBHOOK_SECRET,),
            stripe_api_keys=_split(env.get("STRIPE_SECRET_KEY", "")),
            twilio_account_sid=env.get("TWILIO_ACCOUNT_SID") or DEFAULT_ACCOUNT_SID,
            twilio_auth_token=env.get("TWILIO_AUTH_TOKEN") or DEFAULT_AUTH_TOKEN,
            twilio_inbound_url=env.get("TWILIO_INBOUND_URL", ""),
            merchant_name=env.get("SANDBOX_MERCHANT_NAME", "Sandbox Bakery"),
            shop_url=env.get("SHOP_URL", ""),
            board_url=env.get("BOARD_URL", ""),
            console_url=env.get("CONSOLE_URL", ""),
        )


def _split(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
