"""Fit measures and the plain formulas behind them."""
