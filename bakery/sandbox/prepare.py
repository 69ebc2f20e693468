"""Run several management commands in one process: `python -m bakery.sandbox.prepare migrate ...`.

Starting Django costs more than most of the commands, so one start serves them all.
"""

import sys

import django
from django.core.management import call_command, get_commands

ARGUMENTS = {
    "migrate": {"interactive": False, "verbosity": 1},
    "collectstatic": {"interactive": False, "verbosity": 0},
}


def main(names: list[str]) -> None:
    """Run the commands in order; the first error ends the process with its traceback."""
    django.setup()
    for name in names:
        if name not in get_commands():
            print(f"no command {name} in this release: skipped", flush=True)
            continue
        call_command(name, **ARGUMENTS.get(name, {}))


if __name__ == "__main__":
    main(sys.argv[1:])
