# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a verb raises where only the user can help."""

from __future__ import annotations

__all__ = ["UserError"]


class UserError(Exception):
    """Something only the user can mend; printed without a traceback.

    Args:
        message: what was found, what was expected and what to do.
        status: exit status; 2: nothing was done, 1: a part.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
