# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The error that a command raises where only the user can help."""

from __future__ import annotations

__all__ = ["UserError"]


class UserError(Exception):
    """Problem that only the user can solve; it is printed without a traceback.

    Args:
        message: what was found, what was expected and what to do.
        status: exit status; 2 where nothing was done, 1 where a part was.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
