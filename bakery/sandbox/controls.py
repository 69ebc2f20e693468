"""The control API: JSON over HTTP, for the page, for tests and for tools.

Controls ask for a JSON body, so that no foreign web page can send one without a preflight.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bakery.sandbox import lifecycle
from bakery.sandbox.llm import controls as llm_controls
from bakery.sandbox.mail import controls as mail_controls
from bakery.sandbox.outbound import Courier
from bakery.sandbox.store import Document
from bakery.sandbox.stripe import controls as stripe_controls
from bakery.sandbox.stripe.errors import StripeError, invalid
from bakery.sandbox.stripe.paying import pay_session
from bakery.sandbox.twilio import controls as twilio_controls
from bakery.sandbox.world import World

Action = Callable[[World, Document], Any]


async def _read_json(request: Request) -> Document:
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise invalid("Send a JSON body with Content-Type application/json.")
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        raise invalid("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise invalid("The body is not a JSON object.")
    return given


def _courier_actions(courier: Courier) -> dict[str, Callable[[Document], Any]]:
    def clear_rules(_: Document) -> Document:
        courier.rules.clear()
        return {}

    def set_paused(given: Document) -> Document:
        courier.paused = bool(given.get("paused", True))
        return {"paused": courier.paused}

    return {
        "rule": lambda given: stripe_controls.plan_rule(courier, given),
        "clear_rules": clear_rules,
        "pause": set_paused,
        "release": lambda given: courier.release(
            order=given.get("order"), reverse=bool(given.get("reverse", False))
        ),
        "resend": lambda given: courier.resend(given["delivery"]),
    }


def _find_action(world: World, service: str, name: str) -> Callable[[Document], Any]:
    tables: dict[str, Mapping[str, Action]] = {
        "stripe": stripe_controls.ACTIONS_BY_NAME,
        "twilio": twilio_controls.ACTIONS_BY_NAME,
        "llm": llm_controls.ACTIONS_BY_NAME,
        "mail": mail_controls.ACTIONS_BY_NAME,
        "sandbox": lifecycle.ACTIONS_BY_NAME,
    }
    couriers = {"stripe": world.stripe_courier, "twilio": world.twilio_courier}
    action = tables.get(service, {}).get(name)
    if action is not None:
        return lambda given: action(world, given)
    if service in couriers and (found := _courier_actions(couriers[service]).get(name)):
        return found
    raise StripeError(404, f"No such control: {service}/{name}")


async def run_control(request: Request) -> Response:
    """Run one action of a service and answer with its result."""
    world: World = request.app.state.world
    service = request.path_params.get("service", "sandbox")
    try:
        given = await _read_json(request)
        result = _find_action(world, service, request.path_params["action"])(given)
    except StripeError as error:
        return JSONResponse({"error": error.error}, status_code=error.status)
    except KeyError as error:
        body = {"error": {"message": f"Missing or unknown: {error.args[0]}"}}
        return JSONResponse(body, status_code=400)
    except (TypeError, ValueError) as error:
        return JSONResponse({"error": {"message": str(error)}}, status_code=400)
    finally:
        # Plans are no documents, but the page shows them.
        world.store.version += 1
        world.store.flush()
    return JSONResponse(result)


async def pay(request: Request) -> Response:
    """Pay a session without clicking: {"card": "success", "challenge": "pass"}."""
    world: World = request.app.state.world
    try:
        given = await _read_json(request)
        done = pay_session(world, request.path_params["session_id"], **given)
    except StripeError as error:
        return JSONResponse({"error": error.error}, status_code=error.status)
    except TypeError as error:
        return JSONResponse({"error": {"message": str(error)}}, status_code=400)
    finally:
        world.store.flush()
    return JSONResponse(done)
