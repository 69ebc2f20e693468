"""Starting and ending the processes of an engine, as root or as a normal user.

PostgreSQL refuses to run as root, so under root its processes belong to an unprivileged system
user. Paths that this user cannot reach (a clone below a 0700 home) are moved elsewhere by the
callers; :func:`can_reach` says when.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER_NAME = "bakery-sandbox"
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The account that owns PostgreSQL's files and processes when we are root."""

    name: str
    uid: int
    gid: int


def find_unprivileged_user() -> SystemUser | None:
    """Return the user for PostgreSQL when this process is root, else None.

    Creates the system user once; where that is not possible an existing account serves.
    """
    if os.geteuid() != 0:
        return None
    for name in (USER_NAME, None, "postgres", "nobody"):
        if name is None:
            _create_user()
            name = USER_NAME  # noqa: PLW2901 - look again for the one just created
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return SystemUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise RuntimeError("running as root, and there is no unprivileged user to run PostgreSQL as")


def _create_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd:
        subprocess.run(  # noqa: S603 - fixed arguments
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER_NAME],
            check=False,
            capture_output=True,
        )


def as_user(user: SystemUser | None) -> dict[str, Any]:
    """Return the keyword arguments that make subprocess run as ``user``."""
    if user is None:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def can_reach(user: SystemUser | None, path: Path) -> bool:
    """Tell whether ``user`` may enter the directory (or execute the file) ``path``."""
    if user is None:
        return True
    probe = subprocess.run(  # noqa: S603 - fixed arguments
        ["/bin/sh", "-c", 'test -x "$0" && test -r "$0"', str(path)],
        check=False,
        cwd="/",
        **as_user(user),
    )
    return probe.returncode == 0


def give_to(user: SystemUser | None, path: Path) -> None:
    """Make ``user`` the owner of ``path`` and everything below it."""
    if user is None:
        return
    os.chown(path, user.uid, user.gid)
    for folder, names, files in os.walk(path):
        for name in (*names, *files):
            os.chown(Path(folder, name), user.uid, user.gid, follow_symlinks=False)


def end_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """Return a hook for a child process that signals it when its parent dies (Linux only).

    Without it a killed test run or supervisor would leave its engines running.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)

    return ask_kernel


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    user: SystemUser | None,
    end_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in its own session, its output in ``log`` (begun anew).

    A session of its own keeps a Ctrl-C of the terminal away: the supervisor decides the order
    in which things stop.
    """
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - engines' own binaries
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=dict(env) if env is not None else {"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,
            preexec_fn=end_with_parent(end_signal),  # noqa: PLW1509 - one prctl call, no locks
            **as_user(user),
        )
