# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Which packages are installed: read, not imported."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

__all__ = ["installed"]


def installed(names: Iterable[str]) -> dict[str, str]:
    """Version of each of these packages that is installed, in their order."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
