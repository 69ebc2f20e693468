"""`python -m benchmarks.request_overhead`: what a trivial public API request costs before its view.

Calls the WSGI application in this process, with a real Valkey for the rate limit, and prints wall
and CPU time of one request; then the share of each middleware, by leaving it out.
"""

import io
import logging
import os
import statistics
import time

from bakery.sandbox.engines.trial import TrialEngines

ROUNDS, REQUESTS = 8, 50
SETTINGS = "bakery.settings.test"


def request() -> dict[str, object]:
    """Return a WSGI environment as gunicorn makes it."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/v1/ping",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "HTTP_ACCEPT": "application/json",
        "HTTP_USER_AGENT": "benchmark",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }


def serve(application: object) -> None:
    """Send one request through ``application``."""
    statuses: list[str] = []
    response = application(request(), lambda status, _headers: statuses.append(status))  # type: ignore[operator]
    b"".join(response)
    response.close()
    if not statuses[0].startswith("200"):
        raise RuntimeError(statuses[0])


def measure(application: object) -> tuple[float, float]:
    """Return the best round's mean wall time and the median round's CPU time, in ms."""
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(REQUESTS):
            serve(application)
        walls.append((time.perf_counter() - wall) / REQUESTS * 1000)
        cpus.append((time.process_time() - cpu) / REQUESTS * 1000)
    return min(walls), statistics.median(cpus)


def main() -> None:
    """Print the figures."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.ROOT_URLCONF = "tests.edge.urls"
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "public": "100000000/minute"}
    # The access line is formatted as in production and written nowhere.
    logging.getLogger().handlers[0].setStream(io.StringIO())
    everything = list(settings.MIDDLEWARE)
    application = WSGIHandler()
    for _ in range(REQUESTS):
        serve(application)
    wall, cpu = measure(application)
    print(f"whole stack: {wall:.3f} ms wall (best round), {cpu:.3f} ms CPU (median round)")
    for left_out in everything:
        settings.MIDDLEWARE = [name for name in everything if name != left_out]
        try:
            application = WSGIHandler()
            serve(application)
        except Exception as error:  # noqa: BLE001 - some need one another
            print(f"  without {left_out}: {type(error).__name__}")
            continue
        less, less_cpu = measure(application)
        print(f"  {left_out:62} {wall - less:+.3f} ms wall {cpu - less_cpu:+.3f} ms CPU")


if __name__ == "__main__":
    engines = TrialEngines()
    try:
        run = engines.start()
        os.environ.update(run.environment(worker=0, database="template1"))
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
        main()
    finally:
        engines.stop()
