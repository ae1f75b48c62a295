"""Readers of the layouts that makers of arrays, sorters and analysis programs write; each is named in the table of formats."""
