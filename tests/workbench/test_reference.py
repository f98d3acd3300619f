from workbench.reference import FOLDER, pages


def test_the_references_are_what_the_code_generates():
    assert {path.name: path.read_text() for path in FOLDER.glob("*.md")} == pages()
