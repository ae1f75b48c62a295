"""The findings of a reader, with the questions and doubts that come before a recording."""
