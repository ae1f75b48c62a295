"""Pickles are interpreted: what they say is read, and nothing that they name is ever run."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import tarfile
import zipfile
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from automind_dash.errors import RecordingError
from automind_dash.recording import read, read_recording
from automind_dash.recording.pickles import pickled_arrays, unpickling
from automind_dash.recording.pickles.unpickling import PickleRefused, unpickle
from tests.recording.reader_layouts import acqm, authors_npz, object_npy, trains

PROTOCOLS = range(6)

numbers = st.one_of(
    npst.arrays(st.sampled_from(["<f8", ">f4", "<i8", "<u2", "<i4", "?"]), npst.array_shapes(max_dims=3, min_side=0)),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
    st.binary(max_size=5),
)
values = st.recursive(
    numbers,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=12,
)


def same(got, wrote) -> bool:
    if isinstance(wrote, np.ndarray):
        return got.dtype.kind == wrote.dtype.kind and np.array_equal(
            got.reshape(-1), wrote.reshape(-1), equal_nan=wrote.dtype.kind == "f"
        )
    if isinstance(wrote, dict):
        return list(got) == [str(key) for key in wrote] and all(
            same(got[str(key)], value) for key, value in wrote.items()
        )
    if isinstance(wrote, list | tuple):
        if wrote and all(type(item) in (int, float) for item in wrote):
            return np.array_equal(got, np.array(wrote))
        return len(got) == len(wrote) and all(same(*pair) for pair in zip(got, wrote, strict=True))
    return type(got) is type(wrote) and got == wrote


@settings(max_examples=150, deadline=None)
@given(value=values, protocol=st.sampled_from(PROTOCOLS))
def test_reads_what_pickle_writes(value, protocol):
    assert same(unpickle(pickle.dumps(value, protocol=protocol)), value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_of_arrays_texts_and_scalars(protocol):
    inner = np.empty(2, dtype=object)
    inner[:] = [np.arange(3.0), np.asfortranarray(np.arange(6).reshape(2, 3))]
    value = {
        "a": inner,
        "b": np.array({"c": np.float32(2.5)}, dtype=object),
        "d": np.array(["x", "yz"]),
        "e": OrderedDict(f=np.int16(3)),
    }
    got = unpickle(pickle.dumps(value, protocol=protocol))
    np.testing.assert_array_equal(got["a"][0], [0, 1, 2])
    np.testing.assert_array_equal(got["a"][1], [[0, 1, 2], [3, 4, 5]])
    assert got["b"] == {"c": 2.5}
    assert got["d"].tolist() == ["x", "yz"]
    assert got["e"] == {"f": 3}


class Bomb:
    """Runs a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def bombs(tmp_path):
    mark = str(tmp_path / "ran")
    return [
        Bomb(os.system, f"touch {mark}"), Bomb(eval, f"open({mark!r}, 'w')"), Bomb(exec, f"open({mark!r}, 'w')"),
        Bomb(partial, print, "x"), Bomb(getattr, "x", "upper"), Bomb(np.fromfile, mark), Bomb(np.load, mark), Bomb(io.open, mark, "w"),
        Bomb(np.ndarray, (2,)), Bomb(OrderedDict, [(1, 2)]), np.random.default_rng(1), {1, 2}, complex(1, 2), slice(1), Exception("x"),
        range(3),
    ]  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("number", range(16))
def test_nothing_that_a_pickle_names_is_run(tmp_path, number, protocol):
    for value in (
        bombs(tmp_path)[number],
        {"train": bombs(tmp_path)[number]},
        np.array([bombs(tmp_path)[number], None], dtype=object),
    ):
        data = pickle.dumps(value, protocol=protocol)
        with pytest.raises(PickleRefused):
            unpickle(data)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch ran'\ntR.", b"(ios\nsystem\n.", b"(cos\nsystem\nS'x'\no.", b"\x80\x02\x82\x01.",
        b"P1\n.", b"\x80\x05N\x97.",
        b"cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\nR.", b"cnumpy\nndarray\n(I3\ntR.", b"c__builtin__\neval\n.",
        b"I" + b"9" * 5000 + b"\n.",
        b"\x80\x04\x95" + b"\xff" * 8, b"\x80\x04\x8e" + b"\xff" * 8 + b".", b"", b".", b"((((",
        b"(" * 100_000 + b"t" * 100_000 + b".", b"]" + b"2a" * 1000 + b".",
        b"N0N" * 10 + b"t.",
    ],
)  # fmt: skip
def test_hand_made_pickles_are_refused(data):
    with pytest.raises(PickleRefused):
        unpickle(data)


@pytest.mark.parametrize(("data", "value"), [(b"}(]]u.", {}), (b"cnumpy\ndtype\n(S'f8'\ntR.", None)])
def test_what_is_no_value_of_a_recording_is_nothing(data, value):
    """A dict's item under a list, a type by itself."""
    assert unpickle(data) == value


def test_a_small_pickle_that_refers_to_itself_without_end():
    """2⁶⁰ values from 60 doublings, a list in itself, and nesting without end: each is refused, none takes memory."""
    doubling = b"\x80\x02]" + b"".join(b"q%c(h%ch%ctl" % (i, i, i) for i in range(60)) + b"."
    itself: list = []
    itself.append(itself)
    deep: list = []
    for _ in range(200):
        deep = [deep]
    for data in (doubling, pickle.dumps(itself), pickle.dumps(deep)):
        with pytest.raises(PickleRefused):
            unpickle(data)


def test_steps_are_bounded():
    with pytest.raises(PickleRefused, match="more than 1000 steps"):
        unpickle(pickle.dumps(list(range(2000)), protocol=0), max_steps=1000)


SEEDS = [
    pickle.dumps(
        {"train": {0: np.arange(4.0), 1: np.arange(3)}, "fs": np.float64(2e4), "names": ["a", "b"]}, protocol=protocol
    )
    for protocol in PROTOCOLS
]


@settings(max_examples=400, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 2**16),
)
@example(seed=SEEDS[0], changes=[(0, 99)], cut=0)
def test_mutated_pickles_read_or_are_refused(seed, changes, cut):
    """Whatever a pickle is changed to, it gives plain values or a refusal, and no name that it may call is looked up."""
    data = bytearray(seed)
    for place, value in changes:
        data[place % len(data)] = value
    mutated = bytes(data[: cut % len(data)]) if cut % 3 == 1 else bytes(data)
    try:
        got = unpickle(mutated)
    except PickleRefused:
        return
    assert got is None or isinstance(got, dict | list | str | bytes | int | float | bool | np.ndarray)


opcodes = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]


@settings(max_examples=300, deadline=None)
@given(
    program=st.lists(
        st.one_of(
            st.sampled_from(opcodes),
            st.sampled_from([b"os\nsystem\n", b"numpy\ndtype\n", b"1\n", b"\x01", b"\0\0\0\0"]),
        ),
        max_size=40,
    )
)
def test_random_programs_read_or_are_refused(program):
    try:
        unpickle(b"".join(program) + b".")
    except PickleRefused:
        return


def test_the_interpreter_imports_nothing():
    """It knows names by their text alone: no import, no evaluation, no unpickling."""
    source = Path(unpickling.__file__).read_text() + Path(pickled_arrays.__file__).read_text()
    for word in ("import_module", "__import__", "eval(", "exec(", "find_class", "pickle.load", "allow_pickle"):
        assert word not in source


def test_an_archive_with_a_bomb_beside_its_trains(tmp_path, spikes, same_spikes):
    """What is refused is left out and said; the trains are read."""
    path = acqm(tmp_path / "a_acqm.zip", spikes)
    with zipfile.ZipFile(path) as outer:
        inner = io.BytesIO(outer.read("qm.npz"))
    with zipfile.ZipFile(inner, "a") as archive:
        archive.writestr(
            "extra.npy", object_npy(np.array(Bomb(os.system, f"touch {tmp_path / 'ran'}"), dtype=object), 4)
        )
    (tmp_path / "qm.npz").write_bytes(inner.getvalue())
    recording = read_recording(tmp_path / "qm.npz")
    same_spikes(recording, spikes, 3e-5)
    assert any(
        "'extra', a pickle that is refused: it names 'posix.system'" in text for text in recording.report.left_out
    )
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("names", [("a_acqm.zip",), ("run/a_acqm.zip",), ("b/qm.npz",)])
def test_an_archive_of_braingeneers_within_a_tgz(tmp_path, spikes, same_spikes, names):
    """The tar in a tgz is no archive within an archive."""
    path = acqm(tmp_path / "a_acqm.zip", spikes)
    with zipfile.ZipFile(path) as outer:
        outer.extract("qm.npz", tmp_path)
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        for name in names:
            archive.add(tmp_path / Path(name).name, name)
    same_spikes(read_recording(tmp_path / "a.tgz"), spikes, 3e-5)


def test_a_bomb_in_place_of_the_trains(tmp_path):
    arrays = {
        "spikes": np.array([Bomb(os.system, f"touch {tmp_path / 'ran'}"), None], dtype=object),
        "fs": np.float64(2e4),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(
        RecordingError, match=r"a\.npz: its object array 'spikes' is a pickle that is refused: it names"
    ):
        read_recording(tmp_path / "a.npz")
    assert not (tmp_path / "ran").exists()


def test_which_entry_holds_the_trains_is_asked(tmp_path, spikes, same_spikes):
    path = tmp_path / "a.npz"
    lists = np.empty(spikes.n_units, dtype=object)
    lists[:] = trains(spikes)
    np.savez(path, first=lists, second=lists[:2], fs=2e4)
    assert {question.key for question in read(path).questions} == {"variable", "duration"}
    same_spikes(read_recording(path, variable="first"), spikes, 3e-5)
    assert read_recording(path, variable="second").n_units == 2


def test_the_demo_of_the_authors_says_what_was_read(tmp_path, spikes):
    report = read_recording(authors_npz(tmp_path / "a.npz", spikes)).report
    assert [fact.value for fact in report.facts if fact.what == "sampling rate"] == ["20000 Hz"]


def test_a_pickle_without_trains(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"name": "x", "rate": 3.0}))
    with pytest.raises(RecordingError, match=r"a\.pkl: no entry of it is a dict or a list of spike times"):
        read_recording(tmp_path / "a.pkl")
