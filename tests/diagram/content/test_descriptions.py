"""Words for readers who do not see the picture."""

from sem_toolkit.diagram import DiagramHints
from tests.diagram.drawing import draw_text


def test_the_alternative_text_names_loadings_and_covariances():
    text = draw_text("f =~ a + b + c\ng =~ d + e + h\nf ~~ g").scene.description
    assert "f is measured by b" in text
    assert "f covaries with g" in text


def test_the_alternative_text_has_the_names_that_the_picture_shows():
    hints = DiagramHints(labels={"f": "Trust\nin firms", "a": "I trust"})
    scene = draw_text("f =~ a + b + c\nf ~ p\np <~ q + r", hints).scene
    assert scene.description.startswith("Path diagram with 1 latent, 1 composite and 5 observed variables.")
    assert "Trust in firms is measured by I trust, estimate" in scene.description
    assert next(edge for edge in scene.edges if edge.key == "f =~ a").description.startswith(
        "Trust in firms is measured"
    )
    assert next(node for node in scene.nodes if node.name == "f").description == "Trust in firms (latent variable)"
