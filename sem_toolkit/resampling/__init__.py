"""Samples that were not drawn: populations, power, and what many samples of one population would show."""
