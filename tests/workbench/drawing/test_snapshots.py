"""Every diagram in every format, as it was last looked at by a person. `pytest --snapshot-update` takes new ones."""

import io

import pytest
from rich.console import Console
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from workbench.drawing.catalogue import CATALOGUE, lit, plain, stretch
from workbench.drawing.render import document, terminal

SUFFIX = {"txt": "txt", "svg": "svg", "html": "html", "mermaid": "mmd", "terminal": "ansi"}


def in_format(figure, form, *, ascii_only=False):
    if form != "terminal":
        return document(figure, form, ascii_only=ascii_only)
    file = io.StringIO()
    terminal(
        figure,
        Console(file=file, width=80, force_terminal=True, color_system="standard"),
        ascii_only=ascii_only,
    )
    return file.getvalue()


@pytest.fixture
def kept(snapshot):
    def with_suffix(suffix):
        extension = type(
            "Extension",
            (SingleFileSnapshotExtension,),
            {"file_extension": suffix, "_write_mode": WriteMode.TEXT},
        )
        return snapshot.use_extension(extension)

    return with_suffix


@pytest.mark.parametrize("form", SUFFIX)
@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "spacetime"])
def test_plain(name, form, boxes, kept):
    assert in_format(plain(name, boxes), form) == kept(SUFFIX[form])


@pytest.mark.parametrize("form", SUFFIX)
@pytest.mark.parametrize("name", CATALOGUE)
def test_lit(name, form, recorded, boxes, kept):
    figure, _journey = lit(name, recorded, boxes, "last")
    assert in_format(figure, form) == kept(SUFFIX[form])


@pytest.mark.parametrize("name", CATALOGUE)
def test_ascii(name, recorded, boxes, kept):
    figure, _journey = lit(name, recorded, boxes, "last")
    text = in_format(figure, "txt", ascii_only=True)
    assert text.isascii()
    assert text == kept("txt")


def test_the_whole_run(recorded, boxes, kept):
    assert in_format(stretch(recorded, boxes, 0, float("inf")), "txt") == kept("txt")
