"""For all tests: no test asserts wall-clock time, and hypothesis is told so."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
