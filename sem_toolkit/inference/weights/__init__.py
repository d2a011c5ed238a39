"""Weights of the moments, information made of them, and rows' contributions to it."""
