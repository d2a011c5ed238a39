"""Covariance matrices of estimates."""
