# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Interrupts that wait until a step is complete."""

from __future__ import annotations

import signal
import threading

import pytest

from bgflow_ros.tools.interrupts import hold_interrupts


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def number(request: pytest.FixtureRequest):
    """Signal that raises KeyboardInterrupt."""
    before = signal.signal(request.param, signal.default_int_handler)
    yield request.param
    signal.signal(request.param, before)


def test_an_interrupt_waits_for_the_end_of_the_step(number: signal.Signals) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), hold_interrupts():
        signal.raise_signal(number)
        signal.raise_signal(number)
        done.append("step")
    assert done == ["step"]
    assert signal.getsignal(number) is signal.default_int_handler


def test_what_is_ignored_stays_ignored(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    with hold_interrupts():
        assert signal.getsignal(number) is signal.SIG_IGN
        signal.raise_signal(number)


def test_other_threads_have_no_signals() -> None:
    handlers = []

    def step() -> None:
        with hold_interrupts():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGINT)]
