"""Files and archives as they lie on disk."""
