"""A message that unpacks to far more than was sent is refused; one of an upload's size comes through."""

import gzip
from base64 import b64encode

import pytest
from bokeh.core.serialization import DeserializationError, Deserializer

from automind_dash.dashboard.mending.bounded_bytes import MAX_BYTES, bound_bytes


def told(content):
    return {"type": "bytes", "data": b64encode(gzip.compress(content, 1)).decode()}


def test_a_bomb_is_refused():
    bound_bytes()
    with pytest.raises(DeserializationError, match="unpacks to more than 64 MB"):
        Deserializer().deserialize(told(bytes(MAX_BYTES + 1)))


def test_a_piece_of_an_upload_comes_through():
    bound_bytes()
    assert Deserializer().deserialize(told(b"spikes" * 10**6)) == b"spikes" * 10**6
