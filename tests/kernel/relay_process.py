"""`python -m tests.kernel.relay_process QUEUE`: one relay in a process that can be killed."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from bakery.kernel import outbox
    from tests.kernel import relaying  # noqa: F401 - registers the handlers

    outbox.drain(sys.argv[1])
