"""Rollups kept right while people answer: deltas, recounts, what changes under them."""
