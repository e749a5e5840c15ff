# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Versions of installed packages, read without importing the packages."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

__all__ = ["installed"]


def installed(names: Iterable[str]) -> dict[str, str]:
    """Find the versions of those of these packages that are installed, in the given order."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
