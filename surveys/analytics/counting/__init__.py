"""Counting responses and asks, by the cheapest exact path."""
