"""Runs what reads a file in a process of its own."""
