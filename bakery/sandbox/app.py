"""The web application: the stand-ins, the controls and the page under one address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bakery.sandbox import controls
from bakery.sandbox.llm.api import LlmApi
from bakery.sandbox.page import authenticator, views
from bakery.sandbox.rendering import ASSETS
from bakery.sandbox.stripe import hosted
from bakery.sandbox.stripe.api import StripeApi
from bakery.sandbox.twilio.api import TwilioApi
from bakery.sandbox.world import World

# A foreign page that rebinds its name to loopback is turned away by its Host header.
_LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]


def make_app(world: World) -> Starlette:
    """Return the application of one sandbox."""
    stripe_api, twilio_api = StripeApi(world), TwilioApi(world)
    app = Starlette(
        routes=[
            Route("/stripe/pay/{session_id}", hosted.show_payment_page, methods=["GET"]),
            Route("/stripe/pay/{session_id}", hosted.submit_payment, methods=["POST"]),
            Route("/stripe/pay/{session_id}/challenge", hosted.show_challenge, methods=["GET"]),
            Route("/stripe/pay/{session_id}/challenge", hosted.answer_challenge, methods=["POST"]),
            Route("/stripe/pay/{session_id}/code", hosted.apply_code, methods=["POST"]),
            Route("/stripe/receipts/{charge_id}", hosted.show_receipt, methods=["GET"]),
            Route("/stripe/_pay/{session_id}", controls.pay, methods=["POST"]),
            Route("/{service}/_control/{action}", controls.run_control, methods=["POST"]),
            Route("/_control/{action}", controls.run_control, methods=["POST"]),
            Mount("/stripe", app=stripe_api),
            Mount("/twilio", app=twilio_api),
            Mount("/llm", app=LlmApi(world)),
            *views.ROUTES,
            *authenticator.ROUTES,
            Mount("/assets", app=StaticFiles(directory=ASSETS)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_LOCAL_HOSTS)],
        lifespan=_lifespan,
    )
    app.state.world = world
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    world: World = app.state.world
    couriers = (world.stripe_courier, world.twilio_courier)
    for courier in couriers:
        await courier.open()
    # Not one of the scheduler's own tasks, which a reset cancels.
    runner = asyncio.get_running_loop().create_task(world.scheduler.run_forever())
    try:
        yield
    finally:
        runner.cancel()
        world.scheduler.cancel_running()
        for courier in couriers:
            await courier.close()
