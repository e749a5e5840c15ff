# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import threading
import time

import pytest

from bgflow_ros.node.drops import Drops
from bgflow_ros.node.mailbox import Mailbox
from bgflow_ros.node.worker import Worker


def silent(line: str) -> None:
    """Tell nobody."""


def test_the_newest_wins_and_the_rest_are_counted() -> None:
    drops = Drops(silent)
    mailbox: Mailbox[int] = Mailbox(drops)
    for item in (1, 2, 3):
        mailbox.put(item)
    assert mailbox.take() == 3
    assert drops.counts == {"superseded": 2}


def test_taking_waits_for_an_item() -> None:
    mailbox: Mailbox[str] = Mailbox(Drops(silent))
    threading.Timer(0.05, mailbox.put, ["late"]).start()
    assert mailbox.take() == "late"


def test_closing_wakes_whoever_waits() -> None:
    mailbox: Mailbox[str] = Mailbox(Drops(silent))
    threading.Timer(0.05, mailbox.close).start()
    assert mailbox.take() is None


def test_what_waits_or_comes_at_the_end_is_counted() -> None:
    drops = Drops(silent)
    mailbox: Mailbox[str] = Mailbox(drops)
    mailbox.put("waits")
    mailbox.close()
    mailbox.put("comes")
    assert mailbox.take() is None
    assert drops.counts == {"deactivated": 2}


@pytest.mark.parametrize("wanted", [10.0, 7.0, 30.0])
def test_max_rate_lets_so_many_in_on_the_average(monkeypatch: pytest.MonkeyPatch, wanted: float) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    drops = Drops(silent)
    mailbox: Mailbox[int] = Mailbox(drops)
    mailbox.max_rate = wanted
    let_in = 0
    for frame in range(300):  # ten seconds at 30 Hz with 2 ms of jitter
        now = 100 + frame / 30 + 0.002 * (frame % 3)
        mailbox.put(frame)
        before = drops.counts["max_rate"]
        let_in = frame + 1 - before
        mailbox._item = None
    assert let_in == pytest.approx(10 * wanted, abs=2)


def test_a_worker_answers_in_a_thread_of_its_own_until_stopped() -> None:
    mailbox: Mailbox[int] = Mailbox(Drops(silent))
    seen: list[tuple[int, str]] = []
    done = threading.Event()

    def handle(item: int) -> None:
        seen.append((item, threading.current_thread().name))
        done.set()

    worker = Worker(mailbox, handle)
    mailbox.put(5)
    assert done.wait(5)
    worker.stop()
    mailbox.put(6)
    assert seen == [(5, "inference")]


def test_a_fault_is_told_once_a_period_with_the_number_since() -> None:
    lines: list[str] = []
    drops = Drops(lines.append)
    drops.add("truncated data", "truncated data: 5 bytes")
    for _ in range(6):
        drops.add("truncated data", "truncated data: 6 bytes")
    drops.add("zero size", "zero size: 0x0 pixels")
    assert lines == ["dropped 1 frame, truncated data: 5 bytes", "dropped 1 frame, zero size: 0x0 pixels"]
    drops._told = {cause: (when - 2 * Drops.PERIOD, count) for cause, (when, count) in drops._told.items()}
    drops.add("truncated data", "truncated data: 7 bytes")
    assert lines[-1] == "dropped 7 frames, truncated data: 7 bytes"
    assert drops.counts == {"truncated data": 8, "zero size": 1}
