"""Figures about campaigns: planning a wave, comparing variants, standings."""
