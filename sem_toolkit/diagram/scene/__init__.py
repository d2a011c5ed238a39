"""The finished picture as geometry, and how it is put together."""
