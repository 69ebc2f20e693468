"""Runs a sandbox: in a thread for the tests, or in the foreground for `make run`."""

import asyncio
import dataclasses
import socket
import threading
from types import TracebackType
from typing import Any, Self

import uvicorn
from typing_extensions import override

from bakery.sandbox.app import make_app
from bakery.sandbox.client import LlmHandle, MailHandle, SandboxClient, StripeHandle, TwilioHandle
from bakery.sandbox.config import SandboxConfig
from bakery.sandbox.lifecycle import build_world
from bakery.sandbox.mail.sink import make_smtp
from bakery.sandbox.world import World

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 10.0


def _listen(host: str, port: int) -> socket.socket:
    # Named as TCP, or asyncio leaves Nagle on and every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(128)
    return listener


class _Server(uvicorn.Server):
    """Lets go of requests that hang on command before it waits for the others."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self._world = world

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._world.closing = True
        world = self._world
        for plan in (world.stripe_faults, world.twilio_faults, world.llm_faults):
            plan.clear()
        await super().shutdown(sockets)


class ServiceRunner:
    """One sandbox on its sockets. The ports are taken at once, so a taken one raises OSError."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self._web = _listen(config.host, config.port)
        try:
            self._smtp = _listen(config.host, config.smtp_port)
        except OSError:
            self._web.close()
            raise
        self.port: int = self._web.getsockname()[1]
        self.smtp_port: int = self._smtp.getsockname()[1]
        self.url = f"http://{config.host}:{self.port}"
        self._server: _Server | None = None
        self._stopped = False

    async def serve(self, *, log_level: str = "warning") -> None:
        """Serve until `stop` or a signal."""
        world = build_world(self.config)
        world.url, world.smtp_port = self.url, self.smtp_port
        self._server = _Server(
            uvicorn.Config(
                make_app(world),
                lifespan="on",
                log_level=log_level,
                access_log=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=30,
                server_header=False,
            ),
            world,
        )
        self._server.should_exit = self._stopped
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: make_smtp(world), sock=self._smtp)
        try:
            await self._server.serve(sockets=[self._web])
        finally:
            smtp.close()
            world.store.close()
            self._web.close()

    @property
    def is_ready(self) -> bool:
        """Whether requests are answered."""
        return self._server is not None and self._server.started

    def stop(self) -> None:
        """Ask the server to finish; safe from another thread."""
        self._stopped = True
        if self._server is not None:
            self._server.should_exit = True


class SandboxServer:
    """A sandbox in a background thread, with handles on its controls.

    Takes a configuration, the keyword arguments of `SandboxConfig`, or both (the keywords win).
    Without any, nothing is written and the ports are free ones. Messages and calls come along in
    steps of 10 ms, because tests wait for conditions.
    """

    def __init__(self, config: SandboxConfig | None = None, **settings: Any) -> None:
        base = config or SandboxConfig(port=0, smtp_port=0)
        self.config = dataclasses.replace(base, **({"delivery_step_seconds": 0.01} | settings))
        self._runner: ServiceRunner | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def start(self) -> Self:
        """Start, and return when requests are answered."""
        self._runner = ServiceRunner(self.config)
        self.url = self._runner.url
        self.port, self.smtp_port = self._runner.port, self._runner.smtp_port
        client = SandboxClient(self.url)
        self.client = client
        self.stripe, self.twilio = StripeHandle(client), TwilioHandle(client)
        self.mail, self.llm = MailHandle(client), LlmHandle(client)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        client.wait_until(
            lambda: self._failure is not None or (self._runner and self._runner.is_ready),
            timeout_s=_START_TIMEOUT_S,
        )
        if self._failure is not None:
            msg = "The sandbox did not start."
            raise RuntimeError(msg) from self._failure
        return self

    def _run(self) -> None:
        assert self._runner is not None  # noqa: S101 - set by start
        try:
            asyncio.run(self._runner.serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._failure = error

    def stop(self) -> None:
        """Stop and wait for the thread; a second call does nothing."""
        if self._runner is None or self._thread is None:
            return
        self._runner.stop()
        self._thread.join(_STOP_TIMEOUT_S)
        self.client.close()
        self._runner = self._thread = None

    def reset(self) -> None:
        """Forget everything that happened; the configured settings stay."""
        self.client.control("sandbox", "reset")

    def advance_clock(self, seconds: float) -> None:
        """Move the sandbox's clock forward; what falls due happens before this returns."""
        self.client.control("sandbox", "clock", seconds=seconds)

    def __enter__(self) -> Self:
        """Start on entering."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop on leaving."""
        self.stop()
