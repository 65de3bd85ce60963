"""Hypothesis on a busy machine: its first draw in a process reads our code for constants, which may take seconds there."""

from hypothesis import HealthCheck, settings

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
