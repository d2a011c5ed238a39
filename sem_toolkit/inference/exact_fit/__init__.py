"""Tests of exact fit, and the baseline and saturated models they stand between."""
