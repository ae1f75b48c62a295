"""Which circuits could have produced this recording? (Gao et al. 2024, AutoMIND.)"""

__version__ = "0.1.0"
