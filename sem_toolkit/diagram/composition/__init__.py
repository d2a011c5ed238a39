"""The one scene of a picture: arrangements drafted, searched and scored."""
