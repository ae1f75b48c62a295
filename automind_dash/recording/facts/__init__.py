"""What a reader found, and what is asked and doubted before it is a recording."""
