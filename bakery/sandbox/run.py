"""`make run` and what works on a running platform: `python -m bakery.sandbox.run [command]`.

Commands: `serve` (default), `manage ...` (a management command with the running platform's
environment), `demo-order` (drives the main job over HTTP; starts the platform when it is not
running, and stops it after), `bench ...` (benchmarks on a throw-away platform), `reset` (deletes
the demo's data).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bakery.sandbox.engines.ports import find_free_port
from bakery.sandbox.runtime.environment import Misconfigured
from bakery.sandbox.runtime.installation import ROOT, AlreadyRunning, Installation
from bakery.sandbox.runtime.platform import Platform, say

START_WITHIN = 300


def announce(platform: Platform) -> None:
    """Tell a person where everything is, and waiting programs that it is."""
    seconds = time.monotonic() - platform.began
    web, sandbox = platform.env["PUBLIC_BASE_URL"], platform.env["SANDBOX_URL"]
    lines = [
        f"The bakery is open (ready in {seconds:.1f} s). Ctrl-C closes it.",
        "",
        f"  start here  {web}/",
        f"  account     {web}/account/",
        f"  your cake   {web}/custom-cakes/   asking for a custom one",
        f"  API         {web}/api/docs/",
        f"  console     {web}/console/",
        f"  counter     {web}/console/orders/handover/take/",
        f"  bake sheet  {web}/console/orders/mixer/bake-sheet/",
        f"  refunds     {web}/console/payments/refundrequest/",
        f"  disputes    {web}/console/payments/dispute/",
        f"  receipts    {web}/console/receipts/document/",
        f"  books       {web}/console/books/journal/",
        f"  genuine?    {web}/receipts/check/   checks a receipt's signature",
        f"  requests    {web}/console/custom_cakes/cakerequest/   for custom cakes",
        f"  options     {web}/console/custom_cakes/cakeoption/   that they are made of",
        f"  prices      {web}/console/pricing/modelversion/monitoring/   predicted and decided",
        f"  models      {web}/console/pricing/modelversion/",
        f"  texts       {web}/console/descriptions/draft/   drafts of descriptions",
        f"  board       {web}/board/",
        f"  alerts      {web}/console/notifications/alert/board/",
        f"  messages    {web}/console/notifications/message/",
        f"  previews    {web}/console/notifications/message/templates/   of mails and texts",
        f"  left carts  {web}/console/recovery/recoveryattempt/funnel/",
        f"  schedules   {web}/console/kernel/taskrun/",
    ]
    if platform.parts.services:
        lines.append(f"  sandbox     {sandbox}/   the demo's phones, mails and payments")
    lines += ["", *(f"  {line}" for line in platform.logins())]
    say("\n" + "\n".join(lines) + "\n")
    platform.installation.write("ready.json", {"seconds": round(seconds, 2), "web": web})


def serve(installation: Installation) -> int:
    """Run the platform of this clone until Ctrl-C; return the exit code."""
    try:
        with installation.only_one():
            for name in installation.clear_left_over():
                say(f"setup: ended {name}, left behind by a killed run")
            # A signal during the preparations must still shut the engines down.
            signal.signal(signal.SIGTERM, _interrupt)
            return _serve(Platform(installation, os.environ))
    except AlreadyRunning as other:
        say(f"make run: {other}")
    except (Misconfigured, RuntimeError) as problem:
        say(f"make run: {problem}")
    except KeyboardInterrupt:
        say("stopped")
        return 0
    return 1


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _serve(platform: Platform) -> int:
    try:
        platform.start_engines()
        platform.prepare()
        fault = platform.serve(announce)
    finally:
        # A second Ctrl-C must not cut the engines' shutdown short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        platform.stop_engines()
    if fault:
        say(f"make run: {fault}; everything was stopped. The lines above say more.")
        return 1
    say("closed; all data is kept")
    return 0


def manage(installation: Installation, arguments: list[str]) -> int:
    """Run a management command against the running platform."""
    env = installation.read("environment.json") if installation.is_running() else None
    if env is None:
        say("this needs the running platform: `make run` in another terminal first")
        return 1
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)  # noqa: S603 - our own
    return done.returncode


def demo_order(installation: Installation, arguments: list[str]) -> int:
    """Drive the main job over HTTP, starting the platform for it if need be."""
    if installation.is_running():
        deadline = time.monotonic() + START_WITHIN
        while installation.read("ready.json") is None and time.monotonic() < deadline:
            time.sleep(0.1)
        return manage(installation, ["demo_order", *arguments])
    say("the platform is not running: starting it for this order")
    with started_platform(installation, dict(os.environ)):
        return manage(installation, ["demo_order", *arguments])


def bench(arguments: list[str]) -> int:
    """Run the benchmarks on a platform of their own, which is thrown away after."""
    with tempfile.TemporaryDirectory(prefix="bakery-bench-") as folder:
        Path(folder).chmod(0o711)
        installation = Installation(Path(folder, "var"))
        ports = ("WEB_PORT", "LIVE_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT")
        env = {
            **{n: v for n, v in os.environ.items() if not n.endswith("_URL")},
            **{name: str(find_free_port()) for name in ports},
            # One machine plays all customers: the limits per address would stop the load.
            **dict.fromkeys(("RATE_PUBLIC", "RATE_ORDER"), "1000000/second"),
            "LOG_LEVEL": "WARNING",
            "SEED_ONLINE": "0",
        }
        with started_platform(installation, env):
            running = installation.read("environment.json")
            running["BAKERY_VAR"] = str(installation.var)
            command = [sys.executable, "-m", "benchmarks", *arguments]
            done = subprocess.run(command, cwd=ROOT, env=running, check=False)  # noqa: S603
            return done.returncode


@contextmanager
def started_platform(installation: Installation, env: dict[str, str]) -> Iterator[None]:
    """Run the platform beside this process until the block ends; its output goes to a log."""
    installation.prepare()
    log = installation.run / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bakery.sandbox.run"],
            cwd=ROOT,
            env={**env, "BAKERY_VAR": str(installation.var)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_WITHIN
        while installation.read("ready.json") is None:
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
                raise SystemExit(f"the platform did not start:\n{tail}")
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def main(arguments: list[str]) -> int:
    """Dispatch to one command."""
    command, rest = (arguments or ["serve"])[0], arguments[1:]
    installation = Installation()
    if command == "serve":
        return serve(installation)
    if command == "manage":
        return manage(installation, rest)
    if command == "demo-order":
        return demo_order(installation, rest)
    if command == "bench":
        return bench(rest)
    if command == "reset":
        with installation.only_one():
            installation.remove()
        say("the demo's data is deleted; `make run` makes it anew")
        return 0
    say(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
