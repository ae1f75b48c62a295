"""Runs readers of files in processes of their own."""
