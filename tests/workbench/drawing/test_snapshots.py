"""Every diagram in every format, as it was last looked at by a person. `pytest --snapshot-update` takes new ones."""

import io

import pytest
from rich.console import Console
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from workbench.drawing.catalogue import CATALOGUE, lit, lit_by_phone, plain, stretch
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


LIT_BY_TUNNELS = ("offline-first", "offline-delivery", "connection", "reconnect")
"""They show how somebody comes back, so they are lit by the run in which somebody does."""


@pytest.fixture
def lit_figure(recorded, boxes, tunnels):
    def of(name):
        if CATALOGUE[name].lit_by == "phone":
            return lit_by_phone(name, tunnels, "alice")
        return lit(name, tunnels if name in LIT_BY_TUNNELS else recorded, boxes, "last")[0]

    return of


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
def test_lit(name, form, lit_figure, kept):
    assert in_format(lit_figure(name), form) == kept(SUFFIX[form])


@pytest.mark.parametrize("name", CATALOGUE)
def test_ascii(name, lit_figure, kept):
    text = in_format(lit_figure(name), "txt", ascii_only=True)
    assert text.isascii()
    assert text == kept("txt")


def test_the_whole_run(recorded, boxes, kept):
    assert in_format(stretch(recorded, boxes, 0, float("inf")), "txt") == kept("txt")
