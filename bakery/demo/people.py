"""Who can log in to the demo, and the one-time codes of its staff.

Pure Python on purpose: the sandbox's page shows the codes without knowing the platform.
"""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass

PASSWORD = "sweet-rise-demo-1"  # noqa: S105 - printed on every start, and only ever in the demo
_PERIOD = 30


@dataclass(frozen=True)
class DemoPerson:
    """A login of the demo. ``totp_key`` is the authenticator's secret in hex; staff only."""

    email: str
    name: str
    role: str
    totp_key: str = ""

    @property
    def secret(self) -> str:
        """The authenticator's secret as people type it into an app."""
        return base64.b32encode(bytes.fromhex(self.totp_key)).decode()


PEOPLE = (
    DemoPerson("admin@bakery.example", "Ada Baker", "administrator", "61" * 20),
    DemoPerson("manager@bakery.example", "Max Ofen", "manager", "62" * 20),
    DemoPerson("kitchen@bakery.example", "Kim Teig", "kitchen", "63" * 20),
    DemoPerson("counter@bakery.example", "Cleo Kasse", "cashier", "64" * 20),
    DemoPerson("customer@bakery.example", "Nora North", "customer"),
)


def one_time_code(totp_key: str, *, at: float) -> str:
    """Return the six digits that an authenticator shows at Unix time ``at`` (RFC 6238, SHA-1)."""
    counter = struct.pack(">Q", int(at) // _PERIOD)
    mac = hmac.new(bytes.fromhex(totp_key), counter, hashlib.sha1).digest()
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
