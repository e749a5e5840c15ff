# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What `bgflow view` shows, with Rerun (the `view` extra); importing it does not need Rerun, its modules do."""
