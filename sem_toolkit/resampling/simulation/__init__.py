"""Populations, and samples of them."""
