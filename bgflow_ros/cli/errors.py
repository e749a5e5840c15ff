# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a verb raises where only the user can help."""

from __future__ import annotations

__all__ = ["UserError"]


class UserError(Exception):
    """Something only the user can mend; printed without a traceback, exit status 2."""
