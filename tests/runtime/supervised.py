"""A supervisor over small processes, run by test_supervisor.py: `supervised.py VAR SCENE`."""

import sys
from pathlib import Path

from bakery.sandbox.runtime.installation import Installation
from bakery.sandbox.runtime.supervisor import Supervisor

SLEEPER = "python -c 'import time; print(\"up\", flush=True); time.sleep(600)'"
# Holds its parent's output open after the parent is gone, as a worker pool does.
PARENT = (
    "python -c 'import subprocess, sys, time; "
    'subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]); '
    'print("up", flush=True); time.sleep(600)\''
)
CRASH = "python -c 'import sys, time; print(\"up\", flush=True); time.sleep(1); sys.exit(3)'"
SCENES = {
    "steady": {"web": SLEEPER, "worker": PARENT},
    "crash": {"web": SLEEPER, "worker": CRASH},
    "engine": {"web": SLEEPER},
}


def main(var: str, scene: str) -> None:
    """Serve a scene and print why it ended."""
    installation = Installation(Path(var))
    engine_file = installation.var / "engine"
    with installation.only_one():
        engine_file.touch()
        supervisor = Supervisor(installation, {"PostgreSQL": engine_file.exists})
        for name, command in SCENES[scene].items():
            supervisor.add_process(name, f"exec {sys.executable} {command.removeprefix('python ')}")
        fault = supervisor.run(lambda _: None)
        sys.stdout.write(f"fault={fault!r}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
