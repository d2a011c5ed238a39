"""Where the variables stand."""
