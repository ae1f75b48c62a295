"""Arrays without a known layout: finds out which hold times and which hold units."""
