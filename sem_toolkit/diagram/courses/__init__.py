"""Which way the paths take, and where their numbers stand."""
