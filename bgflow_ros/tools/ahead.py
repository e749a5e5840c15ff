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
P = TypeVar("P")
R = TypeVar("R")

MOST = 32
"""Greatest number of items that wait; a bag has many small messages between two images, and large ones of depth."""


def ahead(
    items: Iterable[T], prepare: Callable[[T], P | None], workers: Sequence[Callable[[P], R]]
) -> Iterator[tuple[T, Future[R] | None]]:
    """Yield the items in their order, each with the finished work on it, or None where none is wanted.

    Memory stays bounded: at most MOST items wait, and at most two for each worker are worked on or to be.

    Args:
        items: Items of a stream; they are read in the caller's thread.
        prepare: Makes of an item what a worker takes, or None where no work is wanted; in the caller's thread and in
            the order of the items.
        workers: Do the work; each runs in one thread at a time.
    """
    free: SimpleQueue[Callable[[P], R]] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def work(prepared: P) -> R:
        worker = free.get()
        try:
            return worker(prepared)
        finally:
            free.put(worker)

    pool = ThreadPoolExecutor(len(workers), "ahead")
    waiting: deque[tuple[T, Future[R] | None]] = deque()
    count = 0
    try:
        for item in items:
            prepared = prepare(item)
            future = None if prepared is None else pool.submit(work, prepared)
            waiting.append((item, future))
            count += future is not None
            while waiting and (
                (first := waiting[0][1]) is None or first.done() or count > 2 * len(workers) or len(waiting) > MOST
            ):
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
