#!/usr/bin/env bash
# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
set -e
source /opt/bgflow/setup.bash # and the ROS below it
exec "$@"
