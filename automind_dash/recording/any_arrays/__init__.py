"""Arrays of nobody's own layout: what is times, what is units."""
