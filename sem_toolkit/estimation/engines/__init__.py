"""Foreign optimisers behind our own front end: a vector goes in, a vector comes out."""
