"""The spiking circuit: its parameters, its two engines, `simulate` and `stream`."""
