# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Work on the elements of a stream ahead of their turn, in threads, while those before them are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
R = TypeVar("R")


def ahead(
    items: Iterable[T], wanted: Callable[[T], bool], workers: Sequence[Callable[[T], R]]
) -> Iterator[tuple[T, Future[R] | None]]:
    """Yield the items in their order, each with the finished work on it, or None where none is wanted.

    Memory stays bounded: at most two items for each worker are worked on or wait.

    Args:
        items: Items of a stream; they are read in the caller's thread.
        wanted: Tells whether to work on an item.
        workers: Do the work on an item; each runs in one thread at a time.
    """
    free: SimpleQueue[Callable[[T], R]] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def work(item: T) -> R:
        worker = free.get()
        try:
            return worker(item)
        finally:
            free.put(worker)

    pool = ThreadPoolExecutor(len(workers), "ahead")
    waiting: deque[tuple[T, Future[R] | None]] = deque()
    count = 0
    try:
        for item in items:
            future = pool.submit(work, item) if wanted(item) else None
            waiting.append((item, future))
            count += future is not None
            while waiting and ((first := waiting[0][1]) is None or first.done() or count > 2 * len(workers)):
                count -= first is not None
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(item: T, future: Future[R] | None) -> tuple[T, Future[R] | None]:
    if future is not None:
        wait([future])
    return item, future
