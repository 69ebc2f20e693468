"""Starts the stand-ins for Stripe, Twilio and mail: `python -m bakery.sandbox.services`."""

import argparse
import asyncio
import dataclasses
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bakery.sandbox.config import SandboxConfig
from bakery.sandbox.server import ServiceRunner


def read_config(argv: Sequence[str] | None = None) -> SandboxConfig:
    """Return the environment's settings with the command line over them."""
    base = SandboxConfig.from_environment()
    parser = argparse.ArgumentParser(prog="python -m bakery.sandbox.services", description=__doc__)
    parser.add_argument("--port", type=int, default=base.port)
    parser.add_argument("--smtp-port", type=int, default=base.smtp_port)
    parser.add_argument("--data-dir", default=str(base.data_dir or ":memory:"))
    parser.add_argument("--stripe-webhook-url", default=base.stripe_webhook_url)
    parser.add_argument(
        "--stripe-webhook-secret",
        action="append",
        help="may be given several times during a rotation",
    )
    parser.add_argument("--twilio-inbound-url", default=base.twilio_inbound_url)
    given = parser.parse_args(argv)
    secrets = tuple(given.stripe_webhook_secret or base.stripe_webhook_secrets)
    return dataclasses.replace(
        base,
        port=given.port,
        smtp_port=given.smtp_port,
        data_dir=None if given.data_dir == ":memory:" else Path(given.data_dir),
        stripe_webhook_url=given.stripe_webhook_url,
        stripe_webhook_secrets=secrets,
        twilio_inbound_url=given.twilio_inbound_url,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal; 1 when a port is taken."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    config = read_config(argv)
    try:
        runner = ServiceRunner(config)
    except OSError as error:
        taken = f"{config.port} or {config.smtp_port}"
        print(f"The sandbox cannot listen on port {taken}: {error}", file=sys.stderr)
        return 1
    print(f"Sandbox at {runner.url}, SMTP on port {runner.smtp_port}", flush=True)
    # The server hands a signal on once it has shut down; what is left then is to leave with 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: runner.stop())
    asyncio.run(runner.serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
