"""Features of a recording: rate, intervals, bursts, spectrum, dimensionality, and the vectors that estimators see."""

from .analysis import AnalysisSettings
from .burst_statistics import BurstShape, burst_features, burst_kernels, burst_shape
from .burst_suggestion import is_bursting, published_detection, recordings_detection, suggest_burst_settings
from .bursts import Bursts, BurstSettings, bursts_in_rate, detect_bursts
from .dimensionality import DimensionalitySettings, dimensionality_features
from .distance import consistency_threshold, feature_distance, pooled_sd, yield_interval
from .double_detections import double_sentence
from .families import FAMILIES, all_features, recording_features, that_fit
from .feature_set import BUILT_IN, BURST_FEATURES, FULL_SPECTRUM_FEATURES, SPECTRUM_FEATURES, FeatureSet
from .growing_rate import GrowingRate
from .isi import inter_spike_intervals, isi_features, unit_isi_statistics
from .observation import Observation, subsample_units, thin_spikes
from .rate import longest_duration, population_rate, rate_words, remove_double_detections, smooth
from .registry import FEATURES, PEAK_RATES, Feature, feature
from .spectrum import SpectrumSettings, band_average, shot_noise_floor, spectrum, spectrum_features

__all__ = [
    "BUILT_IN",
    "BURST_FEATURES",
    "FAMILIES",
    "FEATURES",
    "FULL_SPECTRUM_FEATURES",
    "PEAK_RATES",
    "SPECTRUM_FEATURES",
    "AnalysisSettings",
    "BurstSettings",
    "BurstShape",
    "Bursts",
    "DimensionalitySettings",
    "Feature",
    "FeatureSet",
    "GrowingRate",
    "Observation",
    "SpectrumSettings",
    "all_features",
    "band_average",
    "burst_features",
    "burst_kernels",
    "burst_shape",
    "bursts_in_rate",
    "consistency_threshold",
    "detect_bursts",
    "dimensionality_features",
    "double_sentence",
    "feature",
    "feature_distance",
    "inter_spike_intervals",
    "is_bursting",
    "isi_features",
    "longest_duration",
    "pooled_sd",
    "population_rate",
    "published_detection",
    "rate_words",
    "recording_features",
    "recordings_detection",
    "remove_double_detections",
    "shot_noise_floor",
    "smooth",
    "spectrum",
    "spectrum_features",
    "subsample_units",
    "suggest_burst_settings",
    "that_fit",
    "thin_spikes",
    "unit_isi_statistics",
    "yield_interval",
]
