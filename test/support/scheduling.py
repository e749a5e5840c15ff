# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Distribution of the tests over the processes of pytest-xdist.

All of test/train runs in the first two processes, where the tests share what a process makes once. If the whole suite
runs, the other processes do not even collect it: to import torch takes as long as many tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

__all__ = ["Scheduling", "leaves_train"]

TRAIN = "test/train/"
TRAINING = 2
"""Number of processes that run the tests of test/train."""
WITH_THE_LONGEST = {"training", "reproduce", "peers", "scores"}
"""Modules of test/train that together take half of its time, all that export a network among them: the first export of
a process takes five seconds more."""


def leaves_train(node: Any) -> bool:
    """Tell whether a process, a worker of xdist, collects the whole suite but for test/train."""
    whole = node.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return whole and int(node.gateway.id.removeprefix("gw")) >= TRAINING


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process whole modules that it has collected."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        if not module.startswith(TRAIN):
            return module
        return f"{TRAIN} {Path(module).stem.removeprefix('test_') in WITH_THE_LONGEST}"

    def _check_nodes_have_same_collection(self) -> bool:
        collections = [set(collection) for collection in self.registered_collections.values()]
        whole = max(collections, key=len)
        return all(test.startswith(TRAIN) for collection in collections for test in whole ^ collection)

    def schedule(self) -> None:
        # The first of the collections is what has to run.
        largest_first = sorted(self.registered_collections.items(), key=lambda item: -len(item[1]))
        self.registered_collections = dict(largest_first)
        super().schedule()

    def _assign_work_unit(self, node: Any) -> None:
        known = set(self.registered_collections.get(node, ()))
        scope = next((scope for scope, tests in self.workqueue.items() if known.issuperset(tests)), None)
        if scope is None:  # what is left is for others
            node.shutdown()
            return
        self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)
