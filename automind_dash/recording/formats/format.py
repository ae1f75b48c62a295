"""A format is a row of the table of formats. This module finds the functions that a row names.

A row's `kind` says what its two functions are given, the same thing to both:

| kind     | sniff(thing) -> bool, read(thing, questions) -> Found |
|----------|------------------------------------------------------|
| "folder" | `pathlib.Path` of a folder                            |
| "hdf5"   | an open `h5py.File`; links to other files were refused, unless the row says `links` |
| "npz"    | `npz.Npz`: path and headers of the arrays             |
| "file"   | `start.Start`: path and first bytes of any other file |

The rows are tried in the order of the table; the first whose sniff says yes reads. A sniff looks, and never reads a file whole. Both
functions are named as "module:function" of the package recording/, and imported when they are first needed. What a row says in words is the
documentation (docs/formats.md is made from it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Kind = Literal["folder", "hdf5", "npz", "file"]


@dataclass(frozen=True)
class Format:
    """A file format.

    name: as users know it; extensions: of its files, for the file dialog (a folder has none, or those of its packed form)
    meaning: what is read, for the documentation; kind, sniff, read: see the module
    refusal: instead of a reader: a sentence on why such files are not read and what to do, to follow the file's name
    asked: keys of `ANSWERS` that such files tend to leave open; limits: what is not read
    export: how to make such a file with the vendor's software
    needs: patterns of the files that the reader of a folder opens: others may be links that lead anywhere
    links: the reader of an HDF5 format opens nothing but what it names, and follows no link to another file
    """

    name: str
    extensions: tuple[str, ...]
    meaning: str
    kind: Kind
    sniff: str
    read: str = ""
    refusal: str = ""
    asked: tuple[str, ...] = ()
    limits: str = ""
    export: str = ""
    needs: tuple[str, ...] = ("*",)
    links: bool = False

    def fits(self, thing: Any) -> bool:
        """Return whether the thing is of this format."""
        return bool(_function(self.sniff)(thing))

    def reader(self) -> Callable[..., Any]:
        """Return the function that reads the thing."""
        return _function(self.read)


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    return getattr(import_module(f"..{module}", __package__), function)


READABLE = (
    "NWB, a Phy or ALF folder or its zip, CARMEN HDF5, MATLAB .mat, a CSV, TSV or Parquet spike list, or .npz with "
    "spike_times, spike_units and duration_s"
)
"""What error messages say can be read."""
