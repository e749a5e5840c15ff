# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What the launch files share: their arguments, and the checks made before anything starts."""
