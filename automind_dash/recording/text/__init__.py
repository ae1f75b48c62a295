"""Tables, spike lists and other text."""
