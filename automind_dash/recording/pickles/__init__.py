"""Pickles and arrays of Python objects, read without running anything."""
