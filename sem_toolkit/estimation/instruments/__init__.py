"""Instrumental variables: the equations of a model, each by two-stage least squares, and what follows from them."""
