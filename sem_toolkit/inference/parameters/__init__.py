"""Tables of estimates: raw, standardised, effects, explained variance, reliability, scores."""
