"""What is wrong with a picture, and what no picture could avoid."""
