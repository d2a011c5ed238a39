"""Residual moments, their standard errors and summaries."""
