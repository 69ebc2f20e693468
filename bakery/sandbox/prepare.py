"""Run several management commands in one process: `python -m bakery.sandbox.prepare migrate ...`.

Starting Django costs more than most of the commands, so one start serves them all. `name>file`
writes what that command prints to the file.
"""

import sys
from pathlib import Path

import django
from django.core.management import call_command

ARGUMENTS = {
    "migrate": {"interactive": False, "verbosity": 1},
    "collectstatic": {"interactive": False, "verbosity": 0},
}


def main(names: list[str]) -> None:
    """Run the commands in order; the first error ends the process with its traceback."""
    django.setup()
    for item in names:
        name, _, file = item.partition(">")
        arguments = ARGUMENTS.get(name, {})
        if not file:
            call_command(name, **arguments)
            continue
        with Path(file).open("w", encoding="utf-8") as output:
            call_command(name, stdout=output, **arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
