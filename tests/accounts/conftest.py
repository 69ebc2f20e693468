"""Fixtures of the accounts tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine

from bakery.kernel import clock


@pytest.fixture
def time_machine_at() -> Callable[..., object]:
    """Move the wall clock ahead by a span, for a `with` block."""

    @contextmanager
    def ahead(span: timedelta) -> Iterator[None]:
        with time_machine.travel(clock.now() + span, tick=True):
            yield

    return ahead
