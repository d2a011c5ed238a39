"""Wald and score tests, modification indices, local tests."""
