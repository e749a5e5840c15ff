# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a patrol finds and what it reports falsely, in rendered rooms whose empty state is known."""
