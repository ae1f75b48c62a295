""".mat files of both kinds."""
