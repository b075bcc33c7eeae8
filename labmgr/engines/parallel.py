"""Many small orders at once: all are finished before the first failure is raised."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8


def each(work: Callable[[T], R], items: Collection[T]) -> list[R]:
    """Results in the order of *items*. One failing does not stop the others half way."""
    if len(items) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(AT_ONCE, len(items))) as pool:
        running = [pool.submit(work, item) for item in items]
    return [future.result() for future in running]
