# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from bgflow_ros.node.saving import default_folder
from bgflow_ros.segmentation.files import cache, expand


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is run with a user number of its own: no HOME, no passwd entry."""

    def missing(*_: object) -> None:
        raise KeyError("no passwd entry")

    for name in ("HOME", "XDG_CACHE_HOME", "ROS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", missing)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("~", "/home/me"),
        ("~/frames", "/home/me/frames"),
        (Path("~/frames"), "/home/me/frames"),
        ("frames/~", "frames/~"),
        ("/tmp/~/x", "/tmp/~/x"),
        ("~nosuchuser.jpg", "~nosuchuser.jpg"),
        ("", "."),
    ],
)
def test_a_leading_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, path: str | Path, expected: str) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert expand(path) == Path(expected)


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("find", [lambda: expand("~/frames"), cache, default_folder])
def test_without_a_home_folder_one_line_says_so(find: Callable[[], Path]) -> None:
    with pytest.raises(OSError, match=f"no home folder: HOME is not set, and user {os.getuid()} has no passwd entry"):
        find()


@pytest.mark.usefixtures("homeless")
def test_an_empty_home_is_none_and_not_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    for path in ("~", "~/frames"):
        with pytest.raises(OSError, match="no home folder: HOME is empty"):
            expand(path)
    assert expand("/frames") == Path("/frames")


def test_without_a_home_folder_the_folders_of_the_environment_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    monkeypatch.setenv("ROS_HOME", "/var/ros")
    assert cache() == Path("/var/cache/me/bgflow")
    assert default_folder() == Path("/var/ros/bgflow")
    assert expand("/frames") == Path("/frames")
