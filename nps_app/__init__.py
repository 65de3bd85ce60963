"""Configuration only: settings, addresses, processes. No business rules."""
