"""Plane geometry and the sizes of texts."""
