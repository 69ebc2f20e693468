"""The phone with the authenticator app, for whoever plays the demo's staff."""

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bakery.demo.people import PASSWORD, PEOPLE, one_time_code
from bakery.sandbox.rendering import render_page

_PERIOD = 30


async def show_authenticator(_: Request) -> Response:
    """Who may log in, with the codes of this half minute; loads itself anew when they change."""
    at = time.time()
    left = _PERIOD - int(at) % _PERIOD
    people = [
        {
            "email": person.email,
            "role": person.role,
            "code": one_time_code(person.totp_key, at=at) if person.totp_key else "",
        }
        for person in PEOPLE
    ]
    page = render_page("authenticator.html", people=people, password=PASSWORD, left=left)
    page.headers["Refresh"] = str(left)
    return page


ROUTES = [Route("/authenticator", show_authenticator)]
