# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Work ahead of its turn: in order, bounded, with the errors where they belong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.tools.ahead import MOST, ahead


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 4))
def test_items_come_in_order_each_with_its_own_work(items: list[int], workers: int) -> None:
    def work(item: int) -> int:
        time.sleep(item % 3 / 5000)
        return item * item

    found = list(ahead(items, lambda item: item if item % 2 == 0 else None, [work] * workers))
    assert [item for item, _ in found] == items
    for item, future in found:
        assert (future is None) == (item % 2 == 1)
        assert future is None or future.result() == item * item


def test_an_error_belongs_to_its_item_alone() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("broken")
        return item

    found = dict(ahead(range(5), lambda item: item, [work, work]))
    assert found[1] is not None
    assert found[1].result() == 1
    assert found[2] is not None
    with pytest.raises(ValueError, match="broken"):
        found[2].result()
    assert found[3] is not None
    assert found[3].result() == 3


@pytest.mark.parametrize("workers", [1, 3])
def test_each_worker_works_on_one_item_at_a_time_and_few_are_read_ahead(workers: int) -> None:
    lock, busy, most, read = threading.Lock(), [0] * workers, 0, 0

    def items() -> Iterator[int]:
        nonlocal read
        for item in range(60):
            read = item
            yield item

    def worker(number: int, item: int) -> int:
        nonlocal most
        with lock:
            busy[number] += 1
            assert busy[number] == 1
            most = max(most, sum(busy))
        time.sleep(0.002)
        with lock:
            busy[number] -= 1
        return item

    made = [lambda item, number=number: worker(number, item) for number in range(workers)]
    for item, future in ahead(items(), lambda item: item, made):
        assert future is not None
        assert future.result() == item
        assert read - item <= 2 * workers
    assert most == workers


def test_what_needs_no_work_is_not_read_far_ahead_either() -> None:
    read, begin = 0, threading.Event()

    def items() -> Iterator[int]:
        nonlocal read
        for item in range(10_000):
            read = item
            yield item
            if item == MOST:
                begin.set()

    def work(item: int) -> int:
        begin.wait(10)
        return item

    stream = ahead(items(), lambda item: item if item == 0 else None, [work])
    next(stream)
    assert read <= MOST + 1
    stream.close()


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    stream = ahead(range(1000), lambda item: item, [lambda item: time.sleep(0.01)])
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_an_error_of_the_stream_ends_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    stream = ahead(items(), lambda item: item, [lambda item: item])
    with pytest.raises(OSError, match="gone"):
        list(stream)
