"""Scene → texts and files."""
