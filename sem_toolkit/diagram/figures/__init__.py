"""The arrangements that readers know from the textbooks of the field, recognised in a model."""
