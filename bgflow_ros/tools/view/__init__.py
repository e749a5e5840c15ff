# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Live and offline views with Rerun for `bgflow view`; the modules of this package need the extra `view`."""
