"""The same customers over time: who moved, who is watched, who is at risk."""
