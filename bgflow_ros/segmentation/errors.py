# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Errors that several parts of the package share."""

from __future__ import annotations

__all__ = ["ImageError", "UserError"]


class UserError(Exception):
    """Problem that only the user can solve; it is printed without a traceback.

    Args:
        message: what was found, what was expected and what to do.
        status: exit status; 2 where nothing was done, 1 where a part was.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


class ImageError(ValueError):
    """Message or file that holds no usable image.

    Attributes:
        cause: kind of fault in a few words that do not change from frame to frame, so that it can be counted.
        detail: description of what was found and what was expected.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause, self.detail = cause, detail
