"""Processes under supervision: one falls, all stop, and the cause is named."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bakery.sandbox.runtime.installation import AlreadyRunning, Installation

ROOT = Path(__file__).resolve().parents[2]


class Scene:
    """A running supervisor and what it started."""

    def __init__(self, var, name, wait_until):
        self.var = var
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.supervised", str(var), name],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.wait_until = wait_until

    def noted(self):
        """Process ids by name, as noted for clearing up."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            noted = json.loads((self.var / "run" / "processes.json").read_text())
            return {name: pid for name, (pid, _) in noted.items()}
        return {}

    def up(self, *names):
        """Wait until the named processes run and return their ids."""
        return self.wait_until(
            lambda: (seen := self.noted()) if set(names) <= set(self.noted()) else None, 15
        )

    def end(self):
        """Wait for the end and return what was printed."""
        return self.process.communicate(timeout=60)[0]

    def clear_up(self):
        """End the supervisor, which stops what it started, and whatever is left without it."""
        started = family_of(self.noted())
        if self.process.poll() is None:
            self.process.terminate()
            self.end()
        left = [process for pid in started if (process := find(pid)) is not None]
        for process in left:
            process.kill()


@pytest.fixture
def start(tmp_path, wait_until):
    scenes = []

    def make(name):
        scene = Scene(tmp_path / "var", name, wait_until)
        scenes.append(scene)
        return scene

    yield make
    for scene in scenes:
        scene.clear_up()


def find(pid):
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    return None


def family_of(pids):
    members = []
    for pid in pids.values():
        process = find(pid)
        if process is not None:
            members += [process.pid, *(child.pid for child in process.children(recursive=True))]
    return members


@pytest.mark.fault
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_without_a_fault(start, number, wait_until):
    scene = start("steady")
    pids = scene.up("web", "worker")
    members = family_of(pids)
    assert len(members) >= 3
    scene.process.send_signal(number)
    assert "fault=''" in scene.end()
    wait_until(lambda: not any(find(pid) for pid in pids.values()))


@pytest.mark.fault
def test_a_crash_stops_everything_and_is_named(start, wait_until):
    scene = start("crash")
    pids = scene.up("web", "worker")
    assert "fault='worker stopped unexpectedly (exit code 3)'" in scene.end()
    wait_until(lambda: not any(find(pid) for pid in pids.values()))


@pytest.mark.fault
def test_a_killed_parent_is_noticed_although_its_child_holds_the_output(start, wait_until):
    scene = start("steady")
    pids = scene.up("web", "worker")
    members = wait_until(lambda: m if len(m := family_of({"w": pids["worker"]})) == 2 else None)
    os.kill(pids["worker"], signal.SIGKILL)
    assert "fault='worker stopped unexpectedly (exit code -9)'" in scene.end()
    wait_until(lambda: not any(find(pid) for pid in members))


@pytest.mark.fault
def test_a_dead_engine_stops_everything_and_is_named(start):
    scene = start("engine")
    scene.up("web")
    (scene.var / "engine").unlink()
    assert "fault='PostgreSQL stopped unexpectedly'" in scene.end()


@pytest.mark.fault
def test_what_a_killed_supervisor_left_is_cleared_by_the_next(start, wait_until):
    scene = start("steady")
    pids = scene.up("web", "worker", "web-relay", "worker-relay")
    scene.process.kill()
    scene.process.wait()
    assert find(pids["web"]) is not None
    installation = Installation(scene.var)
    with installation.only_one():
        assert set(installation.clear_left_over()) >= {"web", "worker"}
    wait_until(lambda: not any(find(pid) for pid in pids.values()))


def test_only_one_supervisor_serves_a_clone(start):
    scene = start("steady")
    scene.up("web")
    installation = Installation(scene.var)
    assert installation.is_running()
    with pytest.raises(AlreadyRunning, match="already running") as caught, installation.only_one():
        pass
    assert caught.value.pid == scene.process.pid
    other = Installation(scene.var.parent / "other-clone")
    with other.only_one():
        assert not Installation(scene.var.parent / "third").is_running()


def test_a_reused_process_number_is_left_alone(tmp_path):
    installation = Installation(tmp_path / "var")
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with installation.only_one():
            installation.write("processes.json", {"web": [stranger.pid, 1.0]})
            assert installation.clear_left_over() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
