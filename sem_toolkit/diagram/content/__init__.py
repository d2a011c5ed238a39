"""What is drawn: the path graph, what its parts are to each other, and how the picture is to look."""
